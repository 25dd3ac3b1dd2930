"""`python -m regulars` does what the command `regulars` does."""

from __future__ import annotations

import sys

from regulars.cli import main

if __name__ == "__main__":
    sys.exit(main())
