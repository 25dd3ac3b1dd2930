"""Traces that other programs left in a text: broken encodings, markup, stray spaces, a caps lock."""

from __future__ import annotations

import re
from typing import Final

MOJIBAKE: Final = "encoding damaged"
LOST: Final = "letters lost"
MARKUP: Final = "web markup"
SPREADSHEET: Final = "spreadsheet error"
EDGES: Final = "spaces at the ends"
INSIDE: Final = "double spaces inside"
INVISIBLE: Final = "invisible characters"
CAPITALS: Final = "all capitals"
SMALL: Final = "all small letters"

_TWICE: Final = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)
_LOST: Final = re.compile(r"\ufffd|(?<=[^\W\d_])\?(?=[^\W\d_])")
_MARKUP: Final = re.compile(
    r"</?[a-zA-Z][^>]{0,200}>|&(?:[a-z]{2,8}|#\d{2,5}|#x[0-9a-f]{2,5});", re.IGNORECASE
)
_SPREADSHEET: Final = re.compile(r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|#+)")
_INVISIBLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_INSIDE: Final = re.compile(r"\S[ \t\u00a0]{2,}\S")


def troubles(text: str, *, named: bool) -> list[str]:
    """What is wrong with the writing of a text. `named`: it is a name or a place, whose capitals matter."""
    found = []
    stripped = text.strip()
    if stripped != text:
        found.append(EDGES)
    if "  " in stripped and _INSIDE.search(stripped):
        found.append(INSIDE)
    if not stripped.isascii() and _is_twice_encoded(stripped):
        found.append(MOJIBAKE)
    if ("?" in stripped or "\ufffd" in stripped) and "/" not in stripped and _LOST.search(stripped):
        found.append(LOST)
    if ("<" in stripped or "&" in stripped) and _MARKUP.search(stripped):
        found.append(MARKUP)
    if stripped[:1] == "#" and _SPREADSHEET.fullmatch(stripped):
        found.append(SPREADSHEET)
    if not stripped.isprintable() and _INVISIBLE.search(stripped):
        found.append(INVISIBLE)
    if named and len(stripped) > 3 and MARKUP not in found and SPREADSHEET not in found:
        if stripped.isupper():
            found.append(CAPITALS)
        elif stripped.islower():
            found.append(SMALL)
    return found


def _is_twice_encoded(text: str) -> bool:
    """Whether UTF-8 bytes were read as Windows-1252: `MÃ¼ller` turns back into `Müller`."""
    if not _TWICE.search(text):
        return False
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8") != text
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return False
