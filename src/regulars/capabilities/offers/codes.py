"""What codes look like: letters and digits that are not mistaken for each other, the last of them a check."""

from __future__ import annotations

from typing import Final

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs without I, O, 0 and 1."""
RANDOM_CHARACTERS: Final = 13
"""65 bits."""
CHARACTERS_MIN: Final = 4
CHARACTERS_MAX: Final = 40


def normalised(code: str) -> str:
    """A code as it is compared: capitals, without spaces and hyphens."""
    return "".join(char for char in code.upper() if not char.isspace() and char != "-")


def is_usable(code: str) -> bool:
    """Whether a normalised code, made here or elsewhere, can be one: 4 to 40 letters and digits."""
    return CHARACTERS_MIN <= len(code) <= CHARACTERS_MAX and code.isalnum() and code.isascii()


def code_of_number(number: int) -> str:
    """A code of the lowest 65 bits of a number, with its check character."""
    return with_check("".join(ALPHABET[number >> 5 * place & 31] for place in range(RANDOM_CHARACTERS)))


def with_check(text: str) -> str:
    """The text with its check character: it fits no code with one wrong sign (Luhn, modulo 32)."""
    return text + ALPHABET[-_sum(text, 2) % len(ALPHABET)]


def fits(code: str) -> bool:
    """Whether a code is one of these, as far as its form tells."""
    text = normalised(code)
    made = len(text) == RANDOM_CHARACTERS + 1 and all(char in ALPHABET for char in text)
    return made and _sum(text, 1) % len(ALPHABET) == 0


def _sum(text: str, factor: int) -> int:
    total = 0
    for char in reversed(text):
        product = factor * ALPHABET.index(char)
        total += product // len(ALPHABET) + product % len(ALPHABET)
        factor = 3 - factor
    return total
