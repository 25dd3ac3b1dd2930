"""A preview in a process of its own, so that the engine beside it does not wait: asked on stdin, answered on stdout.

Each line of the answer is one `Told`; the last one holds the preview or why there is none. `python -m` runs it.
"""

from __future__ import annotations

import os
import sys
import time

import msgspec
from msgspec import Struct

from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.vault import Vault
from regulars.vocabulary.errors import RegularsError

from .identity_memory import matcher_of
from .preview import Preview, preview

NICER = 10
REPORT_SECONDS = 0.5


class Ask(Struct):
    """What to look at. It holds the master key's bytes and the database's password: through a pipe, and nowhere else."""

    dsn: str
    secret: bytes
    workspace_id: int
    content: str
    frequencies: bytes | None
    examples: int


class Told(Struct, omit_defaults=True):
    """How far it is (0 to 1), and in the end what was found or, in a sentence, why nothing was."""

    share: float = 0.0
    preview: Preview | None = None
    fault: str | None = None


def main() -> int:
    """Read one Ask from stdin, look, and tell."""
    os.nice(NICER)
    ask = msgspec.json.decode(sys.stdin.buffer.read(), type=Ask)
    vault = Vault(MasterKey(ask.secret), ask.workspace_id)
    told = 0.0

    def report(share: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told > REPORT_SECONDS:
            told = now
            _tell(Told(share))

    try:
        matcher = matcher_of(ask.content, ask.frequencies, vault.hash)
        found = preview(Database(ask.dsn), vault, matcher, examples=ask.examples, report=report)
    except RegularsError as error:
        _tell(Told(fault=error.message))
        return 1
    _tell(Told(1.0, found))
    return 0


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
