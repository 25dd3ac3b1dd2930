"""The facts of one column, gathered block by block from how often each value occurs in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from .checks import Setting, Verdict, check
from .damage import troubles
from .meanings import CAPITALS_MATTER, LABELS, Meaning, looks_like_data
from .shapes import shape

SHAPES_MAX: Final = 2_000
SHAPES_TOLD: Final = 6
DISTINCT_MAX: Final = 10_000
NAME_CHARACTERS_MAX: Final = 60
_SHAPE_SHARE_MIN: Final = 0.0005


class ShapeCount(Struct, frozen=True):
    """A shape and how many values have it."""

    shape: str
    count: int


class Column(Struct, frozen=True):
    """What is told of one column. It holds shapes and counts, no value of anybody.

    `filled` values are not blank; `usable` of these can be compared. `reasons` says why others cannot, `doubts` what
    is odd about usable ones, `troubles` what is wrong with the writing, `orders` how dates are written. `distinct`
    is exact up to DISTINCT_MAX and then that number. `foreign` values look like e-mail addresses in another column.
    """

    name: str
    meaning: Meaning
    label: str
    used: bool
    rows: int
    filled: int
    usable: int
    distinct: int
    shapes: list[ShapeCount]
    reasons: dict[str, int]
    doubts: dict[str, int]
    troubles: dict[str, int]
    orders: dict[str, int]
    foreign: int


class Gathered(Struct):
    """A column while it is read. `meaning` is set before the first value comes; `used` where records are joined by it."""

    name: str
    meaning: Meaning = "empty"
    used: bool = False
    rows: int = 0
    filled: int = 0
    usable: int = 0
    foreign: int = 0
    seen: set[int] = field(default_factory=set)
    shapes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)

    def take(self, counts: Mapping[str, int], rows: int, setting: Setting) -> dict[str, Verdict]:
        """Add a block of `rows` rows, given as the count of each value that is not blank. Gives their verdicts."""
        self.rows += rows
        verdicts = {}
        capitals = self.meaning in CAPITALS_MATTER
        for text, count in counts.items():
            verdict = verdicts[text] = check(self.meaning, text, setting)
            self._add(text, verdict, count)
            for trouble in troubles(text, named=capitals):
                self.troubles[trouble] += count
        if len(self.seen) < DISTINCT_MAX:
            self.seen.update(map(hash, counts))
        return verdicts

    def _add(self, text: str, verdict: Verdict, count: int) -> None:
        self.filled += count
        if verdict.normal is not None:
            self.usable += count
        else:
            self.reasons[verdict.reason] += count
        if verdict.doubt:
            self.doubts[verdict.doubt] += count
        if verdict.order:
            self.orders[verdict.order] += count
        if "@" in text and self.meaning not in ("email", "text") and "." in text.rpartition("@")[2]:
            self.foreign += count
        form = shape(text)
        if form in self.shapes or len(self.shapes) < SHAPES_MAX:
            self.shapes[form] += count

    def told(self) -> Column:
        """What is known so far. Shapes that next to no value has are left out: they could be one person's."""
        least = max(2, self.filled * _SHAPE_SHARE_MIN)
        shapes = [ShapeCount(form, count) for form, count in _ranked(self.shapes).items() if count >= least]
        return Column(
            name=shown_name(self.name),
            meaning=self.meaning,
            label=LABELS[self.meaning],
            used=self.used,
            rows=self.rows,
            filled=self.filled,
            usable=self.usable,
            distinct=min(len(self.seen), DISTINCT_MAX),
            shapes=shapes[:SHAPES_TOLD],
            reasons=_ranked(self.reasons),
            doubts=_ranked(self.doubts),
            troubles=_ranked(self.troubles),
            orders=_ranked(self.orders),
            foreign=self.foreign,
        )


def shown_name(name: str) -> str:
    """A column's name as it may be told: at most NAME_CHARACTERS_MAX, and its shape where it is a value of somebody."""
    if looks_like_data([name]):
        return shape(name)
    plain = "".join(one if one.isprintable() else "¬" for one in name[: NAME_CHARACTERS_MAX + 1])
    return plain if len(plain) <= NAME_CHARACTERS_MAX else plain[: NAME_CHARACTERS_MAX - 1] + "…"


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
