"""What every test shares: import paths without an installed package, hypothesis profiles, the sample phone.

Modules are imported by path (`importlib` mode): folders mirror the package, so that two of them may hold files of one
name, and no test folder ends up on `sys.path`. Shared helpers are imported as `tests.<package>.<module>`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
for folder in (str(ROOT), str(ROOT / "src")):
    if folder not in sys.path:
        sys.path.insert(0, folder)

# ci: the same examples every time and no deadline (the machine may be busy); dev: new examples on every run.
settings.register_profile(
    "ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Import test modules by path: see the module's text."""
    config.option.importmode = "importlib"
    _loopback_up()


def _loopback_up() -> None:
    """In a network namespace made for the tests (Makefile) even loopback is down; servers of the tests need it, nothing else is there.
    Elsewhere it is up, or not ours to change."""
    if sys.platform != "linux":
        return
    import fcntl
    import socket
    import struct

    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        up = struct.unpack("16xh", fcntl.ioctl(s, 0x8913, struct.pack("16sh14x", b"lo", 0))[:18])[0] | 1  # SIOCGIFFLAGS, IFF_UP
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", up))  # SIOCSIFFLAGS


@pytest.fixture(scope="session")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exports of the demo phone (about 3,000 messages) and `truth.jsonl` beside them."""
    from tests.simulator.phone import write_phone  # here: other tests must not pay for it

    folder = tmp_path_factory.mktemp("phone")
    write_phone(folder, preset="demo")
    return folder
