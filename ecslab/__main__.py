"""``python -m ecslab``: the command line."""

import sys

from ecslab.cli import main

if __name__ == "__main__":
    sys.exit(main())
