"""Text in columns of equal width: wide characters take two, combining ones none."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

_LABEL_LEAST: Final = 12
"""Columns a label needs beside an amount; with fewer they stand below each other."""
_NO_WIDTH: Final = frozenset({"Mn", "Me"})
_GONE: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
# Vowels and final consonants that join the Hangul syllable before them; signs that choose how a character looks.
_JOINING: Final = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


def clean(text: str) -> str:
    """The text on one line, without control characters: none may command a printer or turn a page's words round."""
    kept = "".join(_shown(char) for char in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc" or category.startswith("Z"):
        return " "
    return "" if category in _GONE or _within(char, _SELECTORS) else char


def width(text: str) -> int:
    """Columns the text takes."""
    return len(text) if text.isascii() else sum(char_width(char) for char in text)


def char_width(char: str) -> int:
    """0, 1 or 2 columns (Unicode's East Asian width)."""
    if unicodedata.category(char) in _NO_WIDTH or _within(char, _JOINING):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _within(char: str, ranges: tuple[range, ...]) -> bool:
    return any(ord(char) in one for one in ranges)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns (two or more), broken at spaces; a word that is too long is cut."""
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width(joined) <= columns:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, columns)
        lines += full
    return [*lines, line] if line else lines


def _pieces(word: str, columns: int) -> Iterator[str]:
    piece = ""
    for char in word:
        if width(piece) + char_width(char) > columns:
            yield piece
            piece = ""
        piece += char
    yield piece


def beside(label: str, amount: str, columns: int) -> list[str]:
    """A label at the left and an amount at the right of its last line; below it where there is no room."""
    room = columns - width(amount) - 1
    if room < _LABEL_LEAST:
        return wrap(label, columns) + [_padded("", part, columns) for part in wrap(amount, columns)]
    *lines, last = wrap(label, room) or [""]
    return [*lines, _padded(last, amount, columns)]


def _padded(left: str, right: str, columns: int) -> str:
    return f"{left}{' ' * (columns - width(left) - width(right))}{right}"


def centred(text: str, columns: int) -> list[str]:
    """Each line of the text in the middle."""
    return [" " * ((columns - width(line)) // 2) + line for line in wrap(text, columns)]
