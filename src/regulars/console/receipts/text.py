"""A slip as plain text of 42 columns, what a receipt printer's usual type fits on 80 mm of paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from .columns import beside, centred, wrap
from .rows import Look, Row, sections
from .slip import Slip

COLUMNS: Final = 42
_INDENT: Final = "  "
_RULE: Final = "-" * COLUMNS
_CENTRED: Final = (Look.CENTRE, Look.HEADING, Look.CODE)
_PLAIN: Final = str.maketrans({"\u2212": "-"})


class Printed(Struct, frozen=True):
    """A line of at most 42 columns. With `code`, bars of it come before the line."""

    text: str
    strong: bool = False
    code: str = ""


def text(slip: Slip) -> str:
    """The slip in the reader's language; every line ends with a line feed and takes at most 42 columns."""
    return "".join(f"{line.text}\n" for line in printed(slip))


def printed(slip: Slip) -> Iterator[Printed]:
    """The lines of the slip, a rule between its sections."""
    for number, section in enumerate(sections(slip)):
        if number:
            yield Printed(_RULE)
        for row in section:
            yield from _lines(row)


def _lines(row: Row) -> Iterator[Printed]:
    code = row.text if row.look is Look.CODE else ""
    for line in _laid_out(row):
        yield Printed(line, strong=row.look in (Look.STRONG, Look.HEADING), code=code)
        code = ""


def _laid_out(row: Row) -> list[str]:
    words, amount = row.text.translate(_PLAIN), row.amount.translate(_PLAIN)
    if row.look in _CENTRED:
        return centred(words, COLUMNS)
    indent = _INDENT if row.look is Look.DETAIL else ""
    room = COLUMNS - len(indent)
    lines = beside(words, amount, room) if amount else wrap(words, room)
    return [indent + line for line in lines]
