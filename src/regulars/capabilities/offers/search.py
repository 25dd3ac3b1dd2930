"""The best way to spend items on offers: exact branch and bound, with a budget of nodes and the gap when it runs out.

A `Choice` takes some units of each of its items and is worth its gain. Items are closed one after another, dearest
first: a node either takes one of the choices whose first item is the open one, so many times, or closes the item.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from .bounds import LOOKS_PER_NODE, SCALE, Ceilings, Choice, by_share, by_steps, size_of, steps_for

FRAMES_MAX = 500
"""How deep the search may call itself; among more items than that allows it ends with a gap."""
FIRST_NODES = 300
"""So many nodes are tried before better bounds are worth their time."""


class Cap(Struct, eq=False):
    """Bounds that all choices of one promotion share: how many times, and how much money."""

    times: int
    money: int


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
    ceilings: Ceilings | None = None,
) -> Packing:
    """The packing of greatest gain within `nodes`; deterministic, the earlier choice first among equals.

    `counts` are the units of each item. `ceilings` says, for items that take part in choices which were not listed,
    the greatest gain of such a choice and its size: the bound holds for those, too.
    """
    order = sorted(range(len(choices)), key=lambda place: (_density(choices[place]), place))
    seed = _greedy(counts, choices, order, caps)
    known, ordered = ceilings or {}, [choices[place] for place in order]
    search = _Search(counts, ordered, caps, by_share(len(counts), ordered, known))
    out = _searched(search, seed, order, min(nodes, FIRST_NODES), listed=not known)
    nodes -= out.nodes
    steps = steps_for(ordered, nodes)
    if out.bound > out.gain and steps > 0:
        search = _Search(counts, ordered, caps, by_steps(counts, ordered, known, out.gain, steps))
        spent = steps * len(ordered) // LOOKS_PER_NODE
        again = _searched(search, out, order, nodes - spent, listed=not known)
        again.bound, again.nodes = min(again.bound, out.bound), again.nodes + out.nodes + spent
        return again
    return out


def _searched(search: _Search, seed: Packing, order: Sequence[int], nodes: int, *, listed: bool) -> Packing:
    """Go on from a packing; unless all choices are `listed`, the bound of the prices is all that can be said."""
    if seed.gain >= search.bound:
        return Packing(seed.taken, seed.gain, seed.gain, 0)
    search.best = seed.gain
    found = search.run(nodes)
    taken = seed.taken if found is None else [(order[place], times) for place, times in found]
    top = min(search.bound, search.open) if listed else search.bound
    return Packing(taken, search.best, max(top, search.best), search.nodes)


def _density(choice: Choice) -> int:
    return -(choice.gain * SCALE // size_of(choice))


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

    Bounds are scaled. By `worth` no choice gains more than its units are worth: what is gained and what is left at
    those prices bounds what can be gained.
    Taking a choice lowers that by its `slack`, the worth of its units beyond its gain.
    """

    def __init__(
        self,
        counts: Sequence[int],
        choices: Sequence[Choice],
        caps: Sequence[Cap],
        worth: Sequence[int],
    ) -> None:
        self.left = list(counts)
        self.caps = [Cap(cap.times, cap.money) for cap in caps]
        self.choices = choices
        self.best, self.open, self.nodes, self.most = 0, 0, 0, 0
        self.found: list[tuple[int, int]] | None = None
        self._path: list[tuple[int, int]] = []
        self._seen: dict[tuple[int, ...], int] = {}
        self._worth = worth
        self._slack = [
            sum(units * self._worth[item] for item, units in choice.uses) - choice.gain * SCALE
            for choice in choices
        ]
        self._first: list[list[int]] = [[] for _ in counts]
        for place in sorted(range(len(choices)), key=lambda place: (self._slack[place], place)):
            self._first[choices[place].uses[0][0]].append(place)
        self.bound = sum(left * worth for left, worth in zip(self.left, self._worth, strict=True)) // SCALE

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
        if item == len(left) or bound // SCALE <= self.best or self._spent(item, bound):
            return
        key = (item, *left[item:], *[cap.times for cap in self.caps], *[cap.money for cap in self.caps])
        if self._seen.get(key, -1) < gain:
            self._seen[key] = gain
            self._choose(item, 0, gain, bound)

    def _spent(self, item: int, bound: int) -> bool:
        """Count a node; whether there is no budget for it, which is remembered with its bound."""
        self.nodes += 1
        if self.nodes <= self.most and 2 * item + 3 * len(self._path) <= FRAMES_MAX:
            return False
        self.open = max(self.open, bound // SCALE)
        return True

    def _choose(self, item: int, start: int, gain: int, bound: int) -> None:
        """Take each of the item's choices from `start` on, most times first; then close the item."""
        places = self._first[item]
        for number in range(start, len(places)):
            slack = self._slack[places[number]]
            if (bound - slack) // SCALE <= self.best:
                break  # those that follow have no less slack
            if self.nodes > self.most:
                self.open = max(self.open, bound // SCALE)
                return
            for times in range(_fits(self.choices[places[number]], self.left, self.caps), 0, -1):
                after = bound - times * slack
                if after // SCALE > self.best:
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
        elif not self._spent(item, bound):
            if gain > self.best:
                self.best, self.found = gain, list(self._path)
            self._choose(item, number + 1, gain, bound)
        self._path.pop()
        _take(choice, -times, self.left, self.caps)
