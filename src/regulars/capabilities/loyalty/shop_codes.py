"""Codes that a web shop takes for points that are held: the code says which hold it is, and nobody can guess one."""

from __future__ import annotations

from typing import Final

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs without I, O, 0 and 1, five bits each."""
PREFIX: Final = "RG"
SIGNS: Final = 26
HOLD_BITS: Final = 128


def shop_code(hold_id: str) -> str:
    """The code of a hold, whose id is 32 hex digits."""
    number, signs = int(hold_id, 16), []
    for _ in range(SIGNS):
        number, rest = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[rest])
    return PREFIX + "".join(reversed(signs))


def hold_in(code: str) -> str | None:
    """The hold of a code as a customer may have typed it; None for any other code."""
    text = code.strip().upper()
    if len(text) != len(PREFIX) + SIGNS or not text.startswith(PREFIX):
        return None
    number = 0
    for sign in text.removeprefix(PREFIX):
        place = ALPHABET.find(sign)
        if place < 0:
            return None
        number = number * len(ALPHABET) + place
    return f"{number:032x}" if number < 1 << HOLD_BITS else None
