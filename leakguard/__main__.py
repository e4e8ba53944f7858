"""`python -m leakguard`: the command line."""

import sys

from leakguard.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
