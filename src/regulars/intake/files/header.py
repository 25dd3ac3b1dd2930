"""Find the wanted columns in a file's header."""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from typing import Final

from .batches import LINE_NUMBER
from .errors import FileUnreadable

_NAMES_SHOWN_MAX: Final = 30


def our_name(name: str) -> str:
    """A column name as our fields are written: `Given-Name` and ` given name ` are given_name."""
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def pick_columns(file: str, names: list[str], wanted: set[str]) -> list[tuple[str, int]]:
    """Name and place of each wanted column. Raises FileUnreadable when one is missing or there twice."""
    counts = Counter(names)
    for name in sorted(wanted - {LINE_NUMBER}):
        if counts[name] > 1:
            raise FileUnreadable(
                f"{file} has {counts[name]} columns named {name!r}; rename or remove one.", field=name
            )
        if not counts[name]:
            near = get_close_matches(name, names, n=1)
            hint = (
                f" Did you mean {near[0]!r}?" if near else f" It has: {', '.join(names[:_NAMES_SHOWN_MAX])}."
            )
            raise FileUnreadable(f"{file} has no column {name!r}.{hint}", field=name)
    return [(name, place) for place, name in enumerate(names) if name in wanted]
