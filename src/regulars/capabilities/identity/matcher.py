"""How likely two records are one person: the weight of a pair in bits, its explanation, and who is compared at all."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from msgspec import Struct

from .compare import OF_SEVERAL, level_test
from .compared import Compared, keys_of, values_of
from .model import Comparison, Model, ModelError, lint
from .state import Fields

Frequencies = Callable[[str, str], float | None]
"""(field, value in compared form) → its share of the values of that field in the epoch; None where not known."""

CACHED_PAIRS = 1 << 12
CACHED_LEVELS = 1 << 14
PLANS_MAX = 1 << 12
SAME_OR_NOT = 2
ROUNDING_BITS = 1e-6
PRIOR = "prior"
MISSING = "missing"


class Part(Struct, frozen=True):
    """What one comparison adds to a weight. `share`: the frequency of the value that was used, where one was."""

    comparison: str
    fields: tuple[str, ...]
    level: str
    bits: float
    share: float | None = None


class Matcher:
    """A model with the frequencies of one epoch, ready to weigh pairs. Raises ModelError for one that fails `lint`."""

    def __init__(self, model: Model, frequencies: Frequencies | None = None) -> None:
        faults = lint(model)
        if faults:
            raise ModelError(" ".join(faults))
        self.model = model
        self._traits = model.traits()
        self._blocks = [block.on for block in model.block]
        self._prior = model.prior.bits
        self._scorers = [Scorer(comparison, frequencies) for comparison in model.comparison]
        self._plan = lru_cache(PLANS_MAX)(self._planned)

    def compared(self, fields: Fields, muted: AbstractSet[tuple[int, str]] = frozenset()) -> Compared:
        """A record in the form it is compared in. `muted`: (kind, hash) of identifiers that take no part."""
        values = values_of(fields, traits=self._traits, muted=muted)
        taken = tuple(scorer.take(values) for scorer in self._scorers)
        return Compared(values, taken, sum(1 << at for at, value in enumerate(taken) if value is not None))

    def keys(self, compared: Compared) -> list[str]:
        """Blocking keys as text: block number and values. Records that share one are worth comparing."""
        return keys_of(compared.values, self._blocks)

    def weight(self, a: Compared, b: Compared) -> float:
        """Bits for one person, prior included; the same whichever of the two comes first."""
        total, mine, theirs = self._prior, a.by_comparison, b.by_comparison
        for at, bits, _ in self._plan(a.known & b.known):
            total += bits(mine[at], theirs[at])
        return total

    def reaches(self, a: Compared, b: Compared, least: float) -> float:
        """The weight where it is `least` or more; for less any number below `least`, mostly known much sooner."""
        total, mine, theirs = self._prior, a.by_comparison, b.by_comparison
        for at, bits, most in self._plan(a.known & b.known):
            total += bits(mine[at], theirs[at])
            if total + most < least:
                return total + most
        return total

    def _planned(self, known: int) -> list[tuple[int, Callable[[Any, Any], float], float]]:
        """For what both sides know: places of comparisons, their bits, and the most that those after them can add."""
        found: list[tuple[int, Callable[[Any, Any], float], float]] = []
        most = ROUNDING_BITS
        for at in range(len(self._scorers) - 1, -1, -1):
            if known >> at & 1:
                found.append((at, self._scorers[at].bits, most))
                most += self._scorers[at].most
        return found[::-1]

    def explain(self, a: Compared, b: Compared) -> list[Part]:
        """The prior and what each comparison adds; the bits sum up to the weight. Missing sides weigh nothing."""
        parts = [Part(PRIOR, (), "", self._prior)]
        for scorer, one, other in zip(self._scorers, a.by_comparison, b.by_comparison, strict=True):
            parts.append(scorer.part(one, other))
        return parts


class Scorer:
    """One comparison, compiled. Its value is a text, a set of texts, or a tuple of texts where it has more fields."""

    def __init__(self, comparison: Comparison, frequencies: Frequencies | None) -> None:
        self._comparison = comparison
        self._field, *self._others = comparison.fields
        self._levels = comparison.levels
        self._frequencies = frequencies
        tests = [(at, _test_of(level.when, level.at)) for at, level in enumerate(comparison.levels[:-1])]
        self._single = [one for one in tests if comparison.levels[one[0]].when not in OF_SEVERAL]
        self._several = [one for one in tests if comparison.levels[one[0]].when in OF_SEVERAL]
        self._first = lru_cache(CACHED_LEVELS)(self._level_of_first)
        self._begins_same = comparison.levels[0].when == "same"
        self._only_same = self._begins_same and len(comparison.levels) == SAME_OR_NOT
        # Of several fields together hardly any two pairs are alike, but of the first ones many are.
        quick = self._only_same or len(comparison.fields) > 1
        self.bits = self._bits if quick else lru_cache(CACHED_PAIRS)(self._bits)
        # One that is still to be trained has levels to tell, and no weights.
        self._plain = [level.weight() if level.trained else 0.0 for level in comparison.levels]
        self.most = max(0.0, *self._plain, *(level.most for level in comparison.levels if level.trained))

    def take(self, values: dict[str, tuple[str, ...]]) -> Any:
        """The value this comparison looks at, or None where the record lacks it."""
        first = values.get(self._field)
        if not first:
            return None
        if self._others:
            return (first[0], *[values[field][0] if field in values else "" for field in self._others])
        return first[0] if len(first) == 1 else frozenset(first)

    def level(self, one: Any, other: Any) -> int:
        """The first level that holds for two values."""
        if not isinstance(one, tuple):
            return self._level_of_first(one, other)
        first = self._first(one[0], other[0])
        for number, test in self._several:
            if number > first:
                break
            if test(one, other):
                return number
        return first

    def _level_of_first(self, one: Any, other: Any) -> int:
        """The first level that holds for two values, of those that look at no further field."""
        for number, test in self._single:
            if test(one, other):
                return number
        return len(self._levels) - 1

    def part(self, one: Any, other: Any) -> Part:
        """What the comparison adds, in words."""
        name, fields = self._comparison.name, self._comparison.fields
        if one is None or other is None:
            return Part(name, fields, MISSING, 0.0)
        level = self._levels[self.level(one, other)]
        share = self._share(one, other) if level.frequency else None
        return Part(name, fields, level.label, level.weight(share), share)

    def _bits(self, one: Any, other: Any) -> float:
        if self._begins_same and one == other:
            number = 0
        elif self._only_same and type(one) is str and type(other) is str:
            number = 1
        else:
            number = self.level(one, other)
        if self._frequencies is None or not self._levels[number].frequency:
            return self._plain[number]
        share = self._share(one, other)
        return self._plain[number] if share is None else self._levels[number].weight(share)

    def _share(self, one: Any, other: Any) -> float | None:
        """The frequency of the rarest value in common."""
        if self._frequencies is None:
            return None
        field = self._comparison.fields[0]
        shares = [self._frequencies(field, value) for value in sorted(_set_of(one) & _set_of(other))]
        return min((share for share in shares if share is not None), default=None)


def _set_of(value: Any) -> frozenset[str]:
    if isinstance(value, frozenset):
        return value
    return frozenset((value[0] if isinstance(value, tuple) else value,))


def _test_of(when: str, at: float | None) -> Callable[[Any, Any], bool]:
    """A test of values as scorers take them."""
    if when == "swapped":
        return lambda one, other: one[0] == other[1] and one[1] == other[0]
    if when == "among":
        return lambda one, other: _is_among(one, other) or _is_among(other, one)
    if when == "same":
        return _same
    single = level_test(when, at)

    def test(one: Any, other: Any) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return single(one, other)
        return any(single(mine, theirs) for mine in _set_of(one) for theirs in _set_of(other))

    return test


def _is_among(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(one[0] in field.split() for field in other[1:])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return not _set_of(one).isdisjoint(_set_of(other))
