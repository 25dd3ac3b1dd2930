"""The lines of a CSV text: by the block for speed, one by one where a block is not plain."""

from __future__ import annotations

import io
import re
from typing import Final

from .batches import Fault
from .errors import FileUnreadable

RECORD_CHARACTERS_MAX: Final = 32_000_000
_BLOCK_CHARACTERS: Final = 1_000_000
_BROKEN: Final = re.compile("[\udc80-\udcff]")


class Lines:
    """Gives a text's lines with their ends, and counts them.

    As an iterator it gives single lines and notes what is wrong in them until `take_fault`. Holds about a
    million characters; a line or record over RECORD_CHARACTERS_MAX raises FileUnreadable.
    """

    def __init__(self, text: io.TextIOWrapper, *, watch_broken: bool) -> None:
        self._text = text
        self._watch_broken = watch_broken
        self._block: list[str] = []
        self._next = 0
        self._fault: Fault | None = None
        self.number = 0
        self.record_characters = 0

    def block(self) -> list[str]:
        """The next lines as they are, without moving on; empty at the end of the text."""
        if self._next >= len(self._block):
            self._fetch()
        return self._block[self._next :] if self._next else self._block

    def plain(self) -> bool:
        """Whether the block holds nothing but text in the file's encoding."""
        joined = "".join(self._block)
        return "\0" not in joined and not (self._watch_broken and _BROKEN.search(joined))

    def take_block(self) -> None:
        """Move past the lines that `block` gave."""
        self.number += len(self._block) - self._next
        self._block, self._next = [], 0

    def at_block_end(self) -> bool:
        """Whether the next line would need another block."""
        return self._next >= len(self._block)

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        if self._next >= len(self._block):
            self._fetch()
        if not self._block:
            raise StopIteration
        line = self._block[self._next]
        self._next += 1
        self.number += 1
        self.record_characters += len(line)
        if self.record_characters >= RECORD_CHARACTERS_MAX:
            raise _too_long(self.number)
        if "\0" in line:
            self._fault = Fault("row", "holds a NUL byte")
            line = line.replace("\0", "")
        elif self._watch_broken and _BROKEN.search(line):
            self._fault = Fault("row", "holds bytes that are not text in the file's encoding")
            line = _BROKEN.sub("\ufffd", line)
        return line

    def take_fault(self) -> Fault | None:
        """What was wrong in the lines since the last call."""
        fault, self._fault = self._fault, None
        return fault

    def _fetch(self) -> None:
        text = self._text.read(_BLOCK_CHARACTERS)
        if text:
            rest = self._text.readline(RECORD_CHARACTERS_MAX)
            if len(rest) >= RECORD_CHARACTERS_MAX:
                raise _too_long(self.number + 1 + text.count("\n"))
            text += rest
        # Lines end as in the csv module: \n, \r or both, and nothing else that Unicode calls a line.
        self._block, self._next = list(io.StringIO(text, newline="")), 0


def _too_long(line: int) -> FileUnreadable:
    return FileUnreadable(
        f"The row around line {line} has over {RECORD_CHARACTERS_MAX:,} characters; "
        "this is neither CSV nor JSON lines, or its quote character is another one."
    )
