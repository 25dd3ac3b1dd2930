"""The best way to spend items on offers: exact branch and bound, with a budget of nodes and the gap when it runs out.

A `Choice` takes some units of each of its items and is worth its gain. Items are closed one after another, dearest
first: a node either takes one of the choices whose first item is the open one, so many times, or closes the item.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

DEPTH_MAX = 300
_SCALE = 5_040
"""Divisible by most sizes of sets, so that shares are seldom rounded up."""
ROUNDS = 2
"""How often the prices that bound the search are lowered."""


class Cap(Struct, eq=False):
    """Bounds that all choices of one promotion share: how many times, and how much money."""

    times: int
    money: int


class Choice(Struct, eq=False):
    """`uses` are (item, units) in order of item. `cap` is the place of its bounds, or -1. Order breaks ties."""

    gain: int
    uses: tuple[tuple[int, int], ...]
    cap: int = -1
    money: int = 0


class Packing(Struct, eq=False):
    """(choice, times) taken, what they gain, and what no packing exceeds."""

    taken: list[tuple[int, int]]
    gain: int
    bound: int
    nodes: int


def pack(
    counts: Sequence[int],
    choices: Sequence[Choice],
    caps: Sequence[Cap],
    *,
    nodes: int,
    ceilings: dict[int, tuple[int, int]] | None = None,
) -> Packing:
    """The packing of greatest gain within `nodes`; deterministic, the earlier choice first among equals.

    `counts` are the units of each item. `ceilings` says, for items that take part in choices which were not listed,
    the greatest gain of such a choice and its size: the bound holds for those, too.
    """
    ordered = sorted(range(len(choices)), key=lambda place: (_density(choices[place]), place))
    seed = _greedy(counts, choices, ordered, caps)
    search = _Search(counts, [choices[place] for place in ordered], caps, ceilings or {})
    seed.bound = max(search.bound, seed.gain)
    if seed.gain >= search.bound:
        return seed
    search.best = seed.gain
    found = search.run(nodes)
    taken = seed.taken if found is None else [(ordered[place], times) for place, times in found]
    top = search.bound if ceilings else search.open
    return Packing(taken, search.best, max(min(top, seed.bound), search.best), search.nodes)


def greedy(counts: Sequence[int], choices: Sequence[Choice], caps: Sequence[Cap]) -> Packing:
    """Take choices by what they gain per unit, as long as they fit; quick, and never better than `pack`."""
    ordered = sorted(range(len(choices)), key=lambda place: (_density(choices[place]), place))
    return _greedy(counts, choices, ordered, caps)


def _size(choice: Choice) -> int:
    return sum(units for _, units in choice.uses)


def _density(choice: Choice) -> int:
    return -(choice.gain * _SCALE // _size(choice))


def _fits(choice: Choice, left: Sequence[int], caps: Sequence[Cap]) -> int:
    """How many times the choice still fits."""
    times = min(left[item] // units for item, units in choice.uses)
    if choice.cap >= 0 and times:
        cap = caps[choice.cap]
        times = min(times, cap.times)
        if choice.money:
            times = min(times, cap.money // choice.money)
    return times


def _greedy(
    counts: Sequence[int], choices: Sequence[Choice], ordered: Sequence[int], caps: Sequence[Cap]
) -> Packing:
    left, bounds = list(counts), [Cap(cap.times, cap.money) for cap in caps]
    taken, gain = [], 0
    for place in ordered:
        choice = choices[place]
        times = _fits(choice, left, bounds)
        if times > 0:
            _take(choice, times, left, bounds)
            taken.append((place, times))
            gain += choice.gain * times
    return Packing(taken, gain, gain, 0)


def _take(choice: Choice, times: int, left: list[int], caps: Sequence[Cap]) -> None:
    for item, units in choice.uses:
        left[item] -= units * times
    if choice.cap >= 0:
        caps[choice.cap].times -= times
        caps[choice.cap].money -= choice.money * times


class _Search:
    """The state of one search. `open` is the greatest bound among the nodes it had no budget for.

    Bounds are scaled. `worth` prices a unit of each item so that no choice gains more than its units are worth (a
    solution of the dual problem): then what is gained and what is left at those prices bounds what can be gained.
    Taking a choice lowers that by its `slack`, the worth of its units beyond its gain.
    """

    def __init__(
        self,
        counts: Sequence[int],
        choices: Sequence[Choice],
        caps: Sequence[Cap],
        ceilings: dict[int, tuple[int, int]],
    ) -> None:
        self.left = list(counts)
        self.caps = [Cap(cap.times, cap.money) for cap in caps]
        self.choices = choices
        self.best, self.open, self.nodes, self.most = 0, 0, 0, 0
        self.found: list[tuple[int, int]] | None = None
        self._path: list[tuple[int, int]] = []
        self._seen: dict[tuple[int, ...], int] = {}
        self._worth = _worth(len(counts), choices, ceilings)
        self._slack = [
            sum(units * self._worth[item] for item, units in choice.uses) - choice.gain * _SCALE
            for choice in choices
        ]
        self._first: list[list[int]] = [[] for _ in counts]
        for place in sorted(range(len(choices)), key=lambda place: (self._slack[place], place)):
            self._first[choices[place].uses[0][0]].append(place)
        self.bound = sum(left * worth for left, worth in zip(self.left, self._worth, strict=True)) // _SCALE

    def run(self, nodes: int) -> list[tuple[int, int]] | None:
        """The best packing if it beats `best`, as (choice, times)."""
        self.open, self.most = self.best, nodes
        top = sum(left * worth for left, worth in zip(self.left, self._worth, strict=True))
        self._open_item(0, 0, top)
        self.open = max(self.open, self.best)
        return self.found

    def _open_item(self, item: int, gain: int, bound: int) -> None:
        """`bound` holds the gain and what is left of this item and those after it."""
        left, first = self.left, self._first
        while item < len(left) and (not left[item] or not first[item]):
            bound -= left[item] * self._worth[item]
            item += 1
        if gain > self.best:
            self.best, self.found = gain, list(self._path)
        if item == len(left) or bound // _SCALE <= self.best or self._spent(bound):
            return
        key = (item, *left[item:], *[cap.times for cap in self.caps], *[cap.money for cap in self.caps])
        if self._seen.get(key, -1) < gain:
            self._seen[key] = gain
            self._choose(item, 0, gain, bound)

    def _spent(self, bound: int) -> bool:
        """Count a node; whether there is no budget for it, which is remembered with its bound."""
        self.nodes += 1
        if self.nodes <= self.most and len(self._path) <= DEPTH_MAX:
            return False
        self.open = max(self.open, bound // _SCALE)
        return True

    def _choose(self, item: int, start: int, gain: int, bound: int) -> None:
        """Take each of the item's choices from `start` on, most times first; then close the item."""
        places = self._first[item]
        for number in range(start, len(places)):
            slack = self._slack[places[number]]
            if (bound - slack) // _SCALE <= self.best:
                break  # those that follow have no less slack
            if self.nodes > self.most:
                self.open = max(self.open, bound // _SCALE)
                return
            for times in range(_fits(self.choices[places[number]], self.left, self.caps), 0, -1):
                after = bound - times * slack
                if after // _SCALE > self.best:
                    self._descend(item, number, times, gain, after)
        kept, self.left[item] = self.left[item], 0
        self._open_item(item + 1, gain, bound - kept * self._worth[item])
        self.left[item] = kept

    def _descend(self, item: int, number: int, times: int, gain: int, bound: int) -> None:
        place = self._first[item][number]
        choice = self.choices[place]
        _take(choice, times, self.left, self.caps)
        self._path.append((place, times))
        gain += times * choice.gain
        if not self.left[item]:
            self._open_item(item + 1, gain, bound)
        elif not self._spent(bound):
            if gain > self.best:
                self.best, self.found = gain, list(self._path)
            self._choose(item, number + 1, gain, bound)
        self._path.pop()
        _take(choice, -times, self.left, self.caps)


def _worth(size: int, choices: Sequence[Choice], ceilings: dict[int, tuple[int, int]]) -> list[int]:
    """Scaled prices of the items, by which no choice gains more than it uses; low, so that bounds are near.

    They start at the greatest share of any choice, and each is then lowered as far as the others let it.
    """
    least = [0] * size
    for item, (gain, units) in ceilings.items():
        least[item] = -(-gain * _SCALE // units)
    worth = list(least)
    using: list[list[Choice]] = [[] for _ in range(size)]
    for choice in choices:
        share = -(-choice.gain * _SCALE // _size(choice))
        for item, _ in choice.uses:
            using[item].append(choice)
            worth[item] = max(worth[item], share)
    for _ in range(ROUNDS):
        for item in range(size - 1, -1, -1):
            lowest = least[item]
            for choice in using[item]:
                need, mine = choice.gain * _SCALE, 1
                for used, units in choice.uses:
                    if used == item:
                        mine = units
                    else:
                        need -= units * worth[used]
                lowest = max(lowest, -(-need // mine))
            worth[item] = lowest
    return worth
