"""Names that nothing else has."""

from typing import Final
from uuid import uuid4

_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")


def fresh() -> str:
    """32 letters: a name of its own each time, without digits, for a run of them may read as a payment card's."""
    return uuid4().hex.translate(_LETTERS)
