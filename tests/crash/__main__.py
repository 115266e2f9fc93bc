"""`python -m tests.crash`."""

import sys

from tests.crash.harness import main

sys.exit(main())
