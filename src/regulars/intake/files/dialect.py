"""Find out how a CSV file separates its values, from the start of its text."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from .header import our_name

SAMPLE_CHARACTERS: Final = 65_536
_SAMPLE_ROWS: Final = 200
# In order of preference when two fit equally well.
_CANDIDATES: Final = tuple(",;\t|\x1f\x01^~¦§:#!*%$/ ")


class Dialect(Struct, frozen=True):
    """How the text is cut into values. `lines_before` are to be skipped ahead of the header."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    lines_before: int = 0


def cut(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Rows of values; a csv.Error is about the lines read since the row before."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        escapechar=dialect.escape,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
    )


def find_dialect(
    sample: str, expected: frozenset[str], *, base: Dialect, delimiter: str | None, width: int | None = None
) -> Dialect:
    """The dialect that reads `sample` best; `base` holds what is already known.

    A delimiter is good when the header then holds expected column names (or, without a header, has the
    stated `width`) and the rows have its width. A first line `sep=;`, as Excel writes it, settles the matter.
    """
    lines = sample.splitlines(keepends=True)
    first = lines[0].strip().lstrip("\ufeff") if lines else ""
    announced = first[4] if len(first) == 5 and first.lower().startswith("sep=") else None
    before = base.lines_before + (announced is not None and base.lines_before == 0)
    chosen = delimiter or announced
    if chosen is None:
        # The last line of a full sample is cut off.
        body = lines[before:-1] if len(sample) >= SAMPLE_CHARACTERS else lines[before:]
        chosen = max(_CANDIDATES, key=lambda one: _score(_split(body, one, base), expected, width))
    return Dialect(delimiter=chosen, quote=base.quote, escape=base.escape, lines_before=before)


def _split(lines: list[str], delimiter: str, base: Dialect) -> list[list[str]]:
    reader = cut(lines, Dialect(delimiter, base.quote, base.escape))
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return rows


def _score(rows: list[list[str]], expected: frozenset[str], width: int | None) -> tuple[int, float, int]:
    """How well a delimiter fits: expected names found, share of rows as wide as the first, width."""
    if not rows:
        return (0, 0.0, 0)
    found = len(rows[0])
    names = sum(name.strip() in expected or our_name(name) in expected for name in rows[0]) + (found == width)
    same = Counter(len(row) for row in rows)[found] / len(rows)
    # One wide column always fits itself perfectly, so it counts as no fit at all.
    return (names, round(same, 1) if found > 1 else 0.0, found if same > 0.5 else 0)
