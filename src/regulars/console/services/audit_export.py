"""The audit trail as a CSV file that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

import msgspec

from .audit import line_of
from .audit_words import Names

LINES_MAX: Final = 10_000
COLUMNS: Final = ("no", "at", "who", "what", "about", "actor", "action", "object", "details", "hash")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(found: Sequence[tuple[Any, ...]], names: Names) -> bytes:
    """Lines as CSV: the words of the console first, then what the trail holds. Times are UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in found:
        line = line_of(one, names)
        details = msgspec.json.encode(line.details, order="sorted").decode()
        at = line.at.astimezone(UTC).isoformat()
        texts = (line.who, line.what, line.about, line.actor, line.action, line.object, details, line.hash)
        writer.writerow((line.no, at, *map(harmless, texts)))
    return out.getvalue().encode("utf-8", "replace")


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
