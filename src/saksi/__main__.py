"""`python -m saksi`."""

from saksi.cli import main

if __name__ == "__main__":
    main()
