"""Atoms: what one promotion can do with certain units, and which atoms are worth looking at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement, product, zip_longest
from math import comb, prod

from msgspec import Struct

from .amounts import floor_of, off_item, off_set, spread, tier_price
from .compiled import MAIN, Ready
from .items import Item, Table
from .model import AmountOff, Bundle, Cheapest, FixedPrice, NForM, Percentage, TierPrices

ATOMS_MAX = 800
"""So many sets of one promotion are looked at; of a promotion with more, those of neighbours in price."""

Units = tuple[int, ...]
"""Places of items, one for each unit, dearest first."""


class Atom(Struct, eq=False, gc=False):
    """A promotion on certain units: `off` is what it takes off by itself.

    `gain` is what it makes the basket cheaper by, beside what those units would get without it.
    """

    ready: Ready
    units: Units
    off: int
    gain: int


class Made(Struct, eq=False, gc=False):
    """Atoms of one promotion; `ceiling` is (greatest gain, size) by item where not all were made.

    `able`: whether a set saves anything, be it less than the items get without it.
    """

    atoms: list[Atom]
    ceiling: dict[int, tuple[int, int]]
    able: bool = False


def by_item(ready: Ready) -> bool:
    """Whether the promotion works on each item alone."""
    return (
        isinstance(ready.promotion.effect, Percentage | AmountOff | FixedPrice | TierPrices)
        and not ready.whole
    )


def single_off(ready: Ready, item: Item, tier: str) -> int:
    """What a promotion by item takes off one unit at its list price."""
    return off_item(ready.promotion, item, item.price, 0, tier)


def offs_of(atom: Atom, table: Table) -> list[int]:
    """What the atom takes off each of its units; the sum is `off`."""
    if by_item(atom.ready):
        return spread(atom.off, [1] * len(atom.units))
    return spread(atom.off, _rooms(atom.ready, atom.units, table.items))


def _rooms(ready: Ready, units: Units, items: Sequence[Item]) -> list[int]:
    floor = ready.promotion.floor_minor
    return [max(0, items[place].price - floor) for place in units]


def sets_of(ready: Ready, table: Table, gain_of: Callable[[Ready, Units, int], int]) -> Made:
    """The sets of a promotion that gain something. `gain_of` weighs a set by what it takes off."""
    effect, items = ready.promotion.effect, table.items
    if isinstance(effect, TierPrices):
        return _by_quantity(ready, effect, table, gain_of)
    if isinstance(effect, NForM | Cheapest):
        size = effect.buy if isinstance(effect, NForM) else effect.of
        parts = [(_whole(items, table.matched[ready].get(MAIN, ())), size)]
    elif isinstance(effect, Bundle):
        parts = [
            (_whole(items, table.matched[ready].get(number, ())), part.quantity)
            for number, part in enumerate(effect.parts, 1)
        ]
    else:
        return Made([], {})
    found, complete = _combined(items, parts)
    made = Made([], {} if complete else _ceilings(ready, items, parts))
    for units in found:
        _weigh(ready, units, _off(ready, units, items), gain_of, made)
    return made


def _weigh(
    ready: Ready, units: Units, off: int, gain_of: Callable[[Ready, Units, int], int], made: Made
) -> None:
    if off > 0:
        made.able = True
        gain = gain_of(ready, units, off)
        if gain > 0:
            made.atoms.append(Atom(ready, units, off, gain))


def _off(ready: Ready, units: Units, items: Sequence[Item]) -> int:
    off = off_set(ready.promotion.effect, [items[place].price for place in units])
    return min(off, sum(_rooms(ready, units, items))) if ready.promotion.floor_minor else off


def _whole(items: Sequence[Item], places: Sequence[int]) -> list[int]:
    return [place for place in places if not items[place].micro]


def _combined(items: Sequence[Item], parts: list[tuple[list[int], int]]) -> tuple[list[Units], bool]:
    """Sets with some of each part, and whether these are all."""
    made = [_chosen(items, places, size) for places, size in parts]
    if any(not found for found, _ in made):
        return [], True
    complete = all(whole for _, whole in made)
    if len(made) == 1:
        return made[0][0], complete
    if prod(len(found) for found, _ in made) > ATOMS_MAX:
        # Ordered by price as each is, the dearest of all parts come together, then the next.
        longest = max(len(found) for found, _ in made)
        rows: Iterator[tuple[Units, ...]] = (
            tuple(found[min(step, len(found) - 1)] for found, _ in made) for step in range(longest)
        )
        complete = False
    else:
        rows = product(*(found for found, _ in made))
    joined = dict.fromkeys(tuple(sorted(sum(row, ()))) for row in rows)
    return [units for units in joined if _there(units, items)], complete


def _there(units: Units, items: Sequence[Item]) -> bool:
    return all(units.count(place) <= items[place].count for place in set(units))


def _chosen(items: Sequence[Item], places: list[int], size: int) -> tuple[list[Units], bool]:
    """Ways to choose so many units, each once; and whether these are all of them."""
    expanded = [place for place in places for _ in range(min(items[place].count, size))]
    if len(expanded) < size:
        return [], True
    if comb(len(expanded), size) <= ATOMS_MAX:
        return list(dict.fromkeys(combinations(expanded, size))), True
    if comb(len(places) + size - 1, size) <= ATOMS_MAX:
        ways = combinations_with_replacement(places, size)
        return [units for units in ways if _there(units, items)], True
    windows = (tuple(expanded[at : at + size]) for at in range(len(expanded) - size + 1))
    return list(dict.fromkeys(windows)), False


def _ceilings(
    ready: Ready, items: Sequence[Item], parts: list[tuple[list[int], int]]
) -> dict[int, tuple[int, int]]:
    """The most that a set with a certain item in it can take off: the dearest beside it."""
    dearest = [
        [place for place in places for _ in range(min(items[place].count, size))][:size]
        for places, size in parts
    ]
    out: dict[int, tuple[int, int]] = {}
    for number, (places, size) in enumerate(parts):
        rest = [place for at, part in enumerate(dearest) if at != number for place in part]
        for place in places:
            mine = dearest[number] if place in dearest[number] else [*dearest[number][: size - 1], place]
            units = tuple(sorted([*rest, *mine]))
            most = _off(ready, units, items)
            if most > out.get(place, (0, 1))[0]:
                out[place] = most, len(units)
    return out


def _by_quantity(
    ready: Ready, effect: TierPrices, table: Table, gain_of: Callable[[Ready, Units, int], int]
) -> Made:
    """Sets of one product at a price by quantity."""
    steps = sorted({one.from_quantity for one in effect.prices if one.from_quantity > 1})
    made = Made([], {})
    for place in _whole(table.items, table.matched[ready].get(MAIN, ())):
        item = table.items[place]
        least = floor_of(ready.promotion, item)
        for size in _sizes(steps, item.count):
            price = tier_price(effect, size, table.tier)
            if price is not None:
                _weigh(ready, (place,) * size, size * (item.price - max(price, least)), gain_of, made)
    return made


def _sizes(steps: Sequence[int], count: int) -> list[int]:
    """All units, and from each step on up to just below twice it: others are made up of those at the same price."""
    sizes = {count} if steps and count >= steps[0] else set()
    for step, following in zip_longest(steps, steps[1:], fillvalue=count + 1):
        sizes.update(range(step, min(2 * step, following, count + 1)))
    return sorted(sizes)
