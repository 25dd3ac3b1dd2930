"""Which records may have to do with each other, by what they share: sets that no link of any model can leave.

Numbers alone, some 40 bytes a record. A record is known by its place in the order of ids.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from struct import Struct

ID_BYTES = 16
_starts_of = Struct(">Q8x").iter_unpack
"""The first 64 bits of ids: enough to tell nearly all apart."""


class Groups:
    """Lists of places, one after the other."""

    def __init__(self) -> None:
        self._places = array("I")
        self._ends = array("I", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> array[int]:
        return self._places[self._ends[number] : self._ends[number + 1]]

    def __iter__(self) -> Iterator[array[int]]:
        return (self[number] for number in range(len(self)))

    def add(self, places: Iterable[int]) -> None:
        """One more list, if anybody is in it."""
        self._places.extend(places)
        if len(self._places) > self._ends[-1]:
            self._ends.append(len(self._places))


class Closures:
    """Sets of records. `ids`: of all records in order, ID_BYTES each."""

    def __init__(self, ids: bytes) -> None:
        self._ids = ids
        self._starts = array("Q", (start for (start,) in _starts_of(ids)))
        self._above = array("I", range(len(self._starts)))
        self._next = array("I", self._above)
        self.sought = Groups()
        self._sure = Groups()
        for place in range(1, len(self._starts)):
            if self._starts[place] == self._starts[place - 1]:
                self._sure.add((place - 1, place))  # they are not told apart below

    def __len__(self) -> int:
        return len(self._starts)

    def record_id(self, place: int) -> str:
        """The id at a place, in hexadecimal digits."""
        return self._ids[place * ID_BYTES : (place + 1) * ID_BYTES].hex()

    def share_keys(self, groups: Iterable[bytes]) -> None:
        """The ids of those who share a key: they are compared."""
        for group in groups:
            self._take(group, self.sought)

    def share_more(self, groups: Iterable[bytes]) -> None:
        """The ids of those who belong together in any other way."""
        for group in groups:
            self._take(group, self._sure)

    def _take(self, group: bytes, into: Groups) -> None:
        starts, places = self._starts, []
        for (start,) in _starts_of(group):
            place = bisect_left(starts, start)
            if place < len(starts) and starts[place] == start:  # else it came since
                places.append(place)
        if len(places) > 1:
            into.add(places)

    def join(self) -> None:
        """Have all that share anything in one set."""
        for groups in (self._sure, self.sought):
            for group in groups:
                self.unite(group)

    def unite(self, group: Sequence[int]) -> None:
        """Have some records in one set."""
        above, following = self._above, self._next
        first = self._root(group[0])
        for place in group[1:]:
            root = self._root(place)
            if root != first:
                first, root = min(first, root), max(first, root)
                above[root] = first
                following[first], following[root] = following[root], following[first]

    def together(self, one: int, other: int) -> bool:
        """Whether two records are in one set."""
        above = self._above
        while above[one] != one:
            one = above[one]
        while above[other] != other:
            other = above[other]
        return one == other

    def _root(self, place: int) -> int:
        above = self._above
        while (over := above[place]) != place:
            above[place] = above[over]
            place = above[place]
        return place

    def sets(self) -> Iterator[list[int]]:
        """The sets of several records, in the order of their first ones."""
        for place, above in enumerate(self._above):
            if place == above and self._next[place] != place:
                yield list(self._around(place))

    def _around(self, first: int) -> Iterator[int]:
        yield first
        place = self._next[first]
        while place != first:
            yield place
            place = self._next[place]

    def loosen(self, most: int) -> Groups:
        """Take sets of more than so many records apart, but for what belongs together by more than keys.

        Returns the groups by key that held them together, those that have records in common near each other.
        """
        large = bytearray(len(self))
        for places in [places for places in self.sets() if len(places) > most]:
            for place in places:
                large[place] = 1
                self._above[place] = self._next[place] = place
        for group in self._sure:
            if large[group[0]]:
                self.unite(group)
        return _walked(self.sought, large)


def _walked(groups: Groups, wanted: bytearray) -> Groups:
    """The groups of wanted places, each after one that it shares a place with, if there is one."""
    first, carried = _numbers_by_place(groups, wanted)
    walked, taken = Groups(), bytearray(len(groups))
    for start in range(len(wanted)):
        waiting = [start]
        while waiting:
            place = waiting.pop()
            # Of a place that is not wanted any more everything was walked.
            for number in carried[first[place] : first[place + 1]] if wanted[place] else ():
                group = () if taken[number] else groups[number]
                waiting.extend(other for other in group if wanted[other])
                taken[number] = 1
                walked.add(group)
            wanted[place] = 0
    return walked


def _numbers_by_place(groups: Groups, wanted: bytearray) -> tuple[array[int], array[int]]:
    """The numbers of the groups of each wanted place: where its own begin, and all of them."""
    ends = array("I", bytes(4 * (len(wanted) + 1)))
    for group in groups:
        if wanted[group[0]]:
            for place in group:
                ends[place] += 1
    total = 0
    for place, count in enumerate(ends):
        total += count
        ends[place] = total
    numbers = array("I", bytes(4 * total))
    for number, group in enumerate(groups):
        if wanted[group[0]]:
            for place in group:
                ends[place] -= 1
                numbers[ends[place]] = number
    return ends, numbers
