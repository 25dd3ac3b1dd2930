"""Tell on which line of a TOML text a key stands; the standard parser keeps no positions."""

from __future__ import annotations

import re
from typing import Final

_TABLE: Final = re.compile(r"^\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY: Final = re.compile(
    r"""^\s*(?P<key>(?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*="""
)
_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


def line_of(text: str, path: tuple[str, ...]) -> int:
    """The line of the key at `path`, or of the nearest table or key around it; 1 when nothing is found."""
    best, best_depth = 1, 0
    lines = text.splitlines()
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines, start=1):
        header = _TABLE.match(line)
        if header:
            table = _parts(header["name"])
            here = table
        elif found := _KEY.match(line):
            here = (*table, *_parts(found["key"]))
        else:
            continue
        if path[: len(here)] == here and len(here) > best_depth:
            best, best_depth = number, len(here)
    return _inside(lines, best, path[best_depth:])


def _inside(lines: list[str], start: int, rest: tuple[str, ...]) -> int:
    """Within an inline table or array that begins on line `start`: the line of the innermost key found."""
    if not rest:
        return start
    pattern = re.compile(rf"""(?<![\w-])["']?{re.escape(rest[-1])}["']?\s*=""")
    for number in range(start, len(lines) + 1):
        line = lines[number - 1]
        if number > start and (_TABLE.match(line) or (_KEY.match(line) and not pattern.search(line))):
            break
        if pattern.search(line):
            return number
    return start


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))
