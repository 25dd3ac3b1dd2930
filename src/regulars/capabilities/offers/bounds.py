"""Prices of items that bound what choices can gain.

Where no choice gains more than its units are worth at these prices (a solution of the dual problem), no packing gains
more than all units are worth. The lower the prices, the nearer the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

from msgspec import Struct

SCALE = 5_040
"""Prices are scaled by this; divisible by most sizes of sets, so that shares are seldom rounded up."""
ROUNDS = 2
"""How often the prices are lowered one by one."""
STEPS_MAX = 40
"""So many steps at most are taken towards the lowest sum of all prices."""
LOOKS_PER_NODE = 12
"""Looking at so many choices takes as long as a node of the search."""

Ceilings = dict[int, tuple[int, int]]
"""(greatest gain, size) of choices that were not listed, by an item they have in them."""


class Choice(Struct, eq=False, gc=False):
    """`uses` are (item, units) in order of item. `cap` is the place of its bounds, or -1. Order breaks ties."""

    gain: int
    uses: tuple[tuple[int, int], ...]
    cap: int = -1
    money: int = 0


def size_of(choice: Choice) -> int:
    """How many units it takes."""
    return sum(units for _, units in choice.uses)


def by_share(size: int, choices: Sequence[Choice], ceilings: Ceilings) -> list[int]:
    """Scaled prices: the greatest share of any choice, lowered one after another as far as the others let it."""
    worth = least_of(size, ceilings)
    for choice in choices:
        share = -(-choice.gain * SCALE // size_of(choice))
        for item, _ in choice.uses:
            worth[item] = max(worth[item], share)
    return _lowered(worth, choices, ceilings)


def steps_for(choices: Sequence[Choice], nodes: int) -> int:
    """How many steps to take when there is time for so many nodes: a third of it at most."""
    return min(STEPS_MAX, nodes * LOOKS_PER_NODE // (3 * len(choices)))


def by_steps(
    counts: Sequence[int], choices: Sequence[Choice], ceilings: Ceilings, reached: int, steps: int
) -> list[int]:
    """Scaled prices that take longer to find and are mostly lower; `reached` is a gain that is known to be possible.

    Each step lowers the price of items that are in no choice worth more than it costs, and raises that of items which
    too many such choices want. What the last step leaves too low is raised, and then all are lowered once more.
    """
    worth = by_share(len(counts), choices, ceilings)
    most = [min(counts[item] // units for item, units in choice.uses) for choice in choices]
    best, lowest = worth, sum(map(mul, counts, worth))
    for _ in range(steps):
        value, slope = _slope(worth, counts, choices, most)
        if value < lowest:
            best, lowest = worth, value
        steep = sum([one * one for one in slope])
        far = value - reached * SCALE
        if not steep or far <= 0:
            break
        worth = [max(0, price - far * one // steep) for price, one in zip(worth, slope, strict=True)]
    return _lowered(_raised(best, counts, choices, ceilings), choices, ceilings)


def _slope(
    worth: Sequence[int], counts: Sequence[int], choices: Sequence[Choice], most: Sequence[int]
) -> tuple[int, list[int]]:
    """What is bounded by prices that need not pay for every choice, and how it changes with each of them."""
    slope = list(counts)
    value = sum(map(mul, counts, worth))
    for choice, times in zip(choices, most, strict=True):
        over = choice.gain * SCALE - sum([units * worth[item] for item, units in choice.uses])
        if over > 0:
            value += times * over
            for item, units in choice.uses:
                slope[item] -= times * units
    return value, slope


def least_of(size: int, ceilings: Ceilings) -> list[int]:
    """What an item must be worth for the choices that were not listed."""
    least = [0] * size
    for item, (gain, units) in ceilings.items():
        least[item] = -(-gain * SCALE // units)
    return least


def _raised(
    worth: list[int], counts: Sequence[int], choices: Sequence[Choice], ceilings: Ceilings
) -> list[int]:
    """Prices by which every choice is paid for: what is missing goes on its scarcest item."""
    worth = [max(pair) for pair in zip(worth, least_of(len(worth), ceilings), strict=True)]
    for choice in choices:
        short = choice.gain * SCALE - sum(units * worth[item] for item, units in choice.uses)
        if short > 0:
            item, units = min(choice.uses, key=lambda use: counts[use[0]] / use[1])
            worth[item] += -(-short // units)
    return worth


def _lowered(worth: list[int], choices: Sequence[Choice], ceilings: Ceilings) -> list[int]:
    size = len(worth)
    least = least_of(size, ceilings)
    using: list[list[Choice]] = [[] for _ in range(size)]
    for choice in choices:
        for item, _ in choice.uses:
            using[item].append(choice)
    for _ in range(ROUNDS):
        for item in range(size - 1, -1, -1):
            worth[item] = max([least[item], *[_needed(choice, item, worth) for choice in using[item]]])
    return worth


def _needed(choice: Choice, item: int, worth: Sequence[int]) -> int:
    """The least that one item must be worth to pay for a choice, the others being worth what they are."""
    need, mine = choice.gain * SCALE, 1
    for used, units in choice.uses:
        if used == item:
            mine = units
        else:
            need -= units * worth[used]
    return -(-need // mine)
