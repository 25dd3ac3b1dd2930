"""A part of a simulation in a process of its own: asked on stdin, answered on stdout, a line for each `Told`.

`python -m` runs it. It is nicer than the engine, which does not wait for it.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec
from msgspec import Struct

from regulars.capabilities.loyalty.simulation import Outcome
from regulars.store.database import Database
from regulars.vocabulary.errors import RegularsError

from .simulation import Part, count_part

NICER = 10
REPORT_SECONDS = 0.3


class Ask(Struct, frozen=True):
    """What to count. It holds the database's password: through a pipe, and nowhere else."""

    dsn: str
    part: Part


class Told(Struct, omit_defaults=True):
    """How far it is (0 to 1), and in the end the outcome or, in a sentence, why there is none."""

    share: float = 0.0
    outcome: Outcome | None = None
    fault: str | None = None


def main() -> int:
    """Read one Ask from stdin, count, and tell."""
    os.nice(NICER)
    ask = msgspec.json.decode(sys.stdin.buffer.read(), type=Ask)
    told = 0.0

    def report(share: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > REPORT_SECONDS:
            told = now
            _tell(Told(share))

    try:
        _tell(Told(1.0, count_part(Database(ask.dsn), ask.part, report)))
    except RegularsError as error:
        _tell(Told(fault=error.message))
        return 1
    return 0


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
