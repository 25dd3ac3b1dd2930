"""The best way to spend items on offers: exact branch and bound, with a budget of nodes and the gap when it runs out.

A `Choice` takes some units of each of its items and is worth its gain. Items are closed one after another, dearest
first: a node either takes one of the choices whose first item is the open one, so many times, or closes the item. What
a node can still reach is bounded by giving every unit left its greatest share of any choice that it could be in.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

DEPTH_MAX = 300
_SCALE = 5_040
"""Divisible by most sizes of sets, so that shares are seldom rounded up."""


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
    search = _Search(counts, [choices[place] for place in ordered], caps, nodes)
    bound = search.reach(ceilings or {})
    if seed.gain >= bound or nodes <= 0:
        seed.bound = max(bound, seed.gain)
        return seed
    search.best = seed.gain
    found = search.run()
    if found is None:
        taken, gain = seed.taken, seed.gain
    else:
        taken, gain = [(ordered[place], times) for place, times in found], search.best
    top = max(gain, bound if ceilings else search.open)
    return Packing(taken, gain, min(top, max(bound, gain)), search.nodes)


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
    """The state of one search. `open` is the greatest bound among the nodes it had no budget for."""

    def __init__(
        self, counts: Sequence[int], choices: Sequence[Choice], caps: Sequence[Cap], nodes: int
    ) -> None:
        self.left = list(counts)
        self.caps = [Cap(cap.times, cap.money) for cap in caps]
        self.choices = choices
        self.best, self.open, self.nodes, self.most = 0, 0, 0, nodes
        self.found: list[tuple[int, int]] | None = None
        self._path: list[tuple[int, int]] = []
        self._seen: dict[tuple[int, ...], int] = {}
        size = len(counts)
        self._first: list[list[int]] = [[] for _ in range(size)]
        for place, choice in enumerate(choices):
            self._first[choice.uses[0][0]].append(place)
        self._shares = self._reachable(size)

    def _reachable(self, size: int) -> list[list[int]]:
        """For each item to be opened, the greatest share of gain that a unit of it and of later items can have."""
        shares = [0] * size
        out = [shares] * (size + 1)
        for item in range(size - 1, -1, -1):
            shares = list(shares)
            for place in self._first[item]:
                choice = self.choices[place]
                share = -(-choice.gain * _SCALE // _size(choice))
                for used, _ in choice.uses:
                    shares[used] = max(shares[used], share)
            out[item] = shares
        return out

    def reach(self, ceilings: dict[int, tuple[int, int]]) -> int:
        """What no packing exceeds."""
        shares = list(self._shares[0])
        for item, (gain, size) in ceilings.items():
            shares[item] = max(shares[item], -(-gain * _SCALE // size))
        return sum(left * share for left, share in zip(self.left, shares, strict=True)) // _SCALE

    def run(self) -> list[tuple[int, int]] | None:
        """The best packing if it beats `best`, as (choice, times)."""
        self.open = self.best
        self._open_item(0, 0)
        self.open = max(self.open, self.best)
        return self.found

    def _bound(self, item: int) -> int:
        left, shares = self.left, self._shares[item]
        return sum([left[at] * shares[at] for at in range(item, len(left))]) // _SCALE

    def _open_item(self, item: int, gain: int) -> None:
        first, size = self._first, len(self.left)
        while item < size and (not self.left[item] or not first[item]):
            item += 1
        if gain > self.best:
            self.best, self.found = gain, list(self._path)
        if item == size:
            return
        bound = gain + self._bound(item)
        if bound <= self.best:
            return
        self.nodes += 1
        if self.nodes > self.most or len(self._path) > DEPTH_MAX:
            self.open = max(self.open, bound)
            return
        key = (item, *self.left[item:], *[cap.times for cap in self.caps], *[cap.money for cap in self.caps])
        if self._seen.get(key, -1) >= gain:
            return
        self._seen[key] = gain
        self._choose(item, 0, gain, bound)

    def _choose(self, item: int, start: int, gain: int, bound: int) -> None:
        """Take each of the item's choices from `start` on, most times first; then close the item."""
        places = self._first[item]
        for number in range(start, len(places)):
            if bound <= self.best:
                return
            if self.nodes > self.most:
                self.open = max(self.open, bound)
                return
            place = places[number]
            choice = self.choices[place]
            most = _fits(choice, self.left, self.caps)
            for times in range(most, 0, -1):
                self._descend(item, number, times, gain)
        kept, self.left[item] = self.left[item], 0
        self._open_item(item + 1, gain)
        self.left[item] = kept

    def _descend(self, item: int, number: int, times: int, gain: int) -> None:
        place = self._first[item][number]
        choice = self.choices[place]
        _take(choice, times, self.left, self.caps)
        self._path.append((place, times))
        gain += times * choice.gain
        if self.left[item]:
            bound = gain + self._bound(item)
            if bound > self.best:
                self.nodes += 1
                if self.nodes > self.most or len(self._path) > DEPTH_MAX:
                    self.open = max(self.open, bound)
                else:
                    self._choose(item, number + 1, gain, bound)
        else:
            self._open_item(item + 1, gain)
        self._path.pop()
        _take(choice, -times, self.left, self.caps)
