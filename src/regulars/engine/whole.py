"""Who is one person by a model, worked out over all records at once in bounded memory: where putting it to work ends.

Records are read one after the other; what they carry and are sought by goes to disk and comes back by value and key.
Values, decisions of people and pairs that weigh enough join components, and each component is clustered by the same
function as in a turn.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, groupby

from msgspec import Struct

from regulars.capabilities.identity.compared import Compared
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.partition import Member, partition
from regulars.capabilities.identity.rules import Tools, keys_of, member_of
from regulars.capabilities.identity.state import Fields, Manual, Record, Value
from regulars.store.queries import load_queries

from .identity_memory import manual_of
from .scratch import Scratch
from .snapshot import PAGE_RECORDS, Snapshot, in_bunches

_IDENTITY = load_queries("regulars.capabilities.identity")
ID_BYTES = 16
SIDES_MAX = 10_000
"""Records kept ready to be weighed."""
READ, WEIGHED = 0.45, 0.8
"""Which share of the work is done once everything is read, and once pairs are weighed."""

Report = Callable[[float], None]
"""Hears the share of the work that is done, from 0 to 1."""


class Whole(Struct, frozen=True):
    """`ids` of all records in order, 16 bytes each; a place is a number in that order.

    `before` and `after`: the place of the record that each record's profile is named for, now and by the model.
    `reviews`: pairs to look at by the model; `crowded`: keys too many share.
    """

    ids: bytes
    before: array[int]
    after: array[int]
    reviews: int
    crowded: int

    def record_id(self, place: int) -> str:
        """The id at a place."""
        return self.ids[place * ID_BYTES : (place + 1) * ID_BYTES].hex()


def work_out(snapshot: Snapshot, matcher: Matcher, report: Report = lambda _: None) -> Whole:
    """The profiles of all records by a model, which need not be the one at work."""
    with Scratch() as scratch:
        return _Work(snapshot, matcher, scratch, report).run()


class _Work:
    def __init__(self, snapshot: Snapshot, matcher: Matcher, scratch: Scratch, report: Report) -> None:
        self._snapshot, self._matcher, self._scratch, self._report = snapshot, matcher, scratch, report
        self._tools = Tools(snapshot.fields, _no_key, snapshot.vault.hash, matcher)
        self._retired: set[Value] = set(snapshot.run(_IDENTITY.load_generics))
        self._manual: Manual = manual_of(snapshot.run(_IDENTITY.load_manual))
        self._ids, self._profiles = bytearray(), bytearray()
        self._above = array("I")
        self._sides: OrderedDict[int, Compared] = OrderedDict()
        self._crowded = array("q")
        self._reviews = 0

    def run(self) -> Whole:
        self._read()
        self._join(self._scratch.carriers())
        self._join(self._decided())
        crowd = self._matcher.model.cluster.crowd
        self._crowded = self._scratch.crowded(crowd)
        self._weigh(crowd)
        self._reviews = sum(self._root(a) != self._root(b) for a, b in self._scratch.doubtful())
        after = self._cluster()
        before = array("I", (self._place(self._profiles, at) for at in range(len(self._above))))
        return Whole(bytes(self._ids), before, after, self._reviews, len(self._crowded))

    # -- reading ----------------------------------------------------------------------------------

    def _read(self) -> None:
        total = max(1, self._snapshot.count())
        for place, record in enumerate(self._snapshot.records()):
            fields = self._snapshot.fields(record)
            self._ids += bytes.fromhex(record.record_id)
            self._profiles += bytes.fromhex(record.profile_id)
            self._above.append(place)
            linking = (value for value in fields.linking() if value not in self._retired)
            self._scratch.carries(place, {bytes([kind]) + bytes.fromhex(hash_) for kind, hash_ in linking})
            self._scratch.seeks(place, self._keys(fields))
            if place % PAGE_RECORDS == 0:
                self._report(READ * place / total)

    def _keys(self, fields: Fields) -> list[int]:
        return keys_of(self._matcher.compared(fields), self._tools)

    def _place(self, ids: bytearray, at: int) -> int:
        """The place of the id that stands at a place of `ids`."""
        wanted = ids[at * ID_BYTES : (at + 1) * ID_BYTES]
        if wanted == self._ids[at * ID_BYTES : (at + 1) * ID_BYTES]:
            return at
        return self._find(wanted)

    def _find(self, wanted: bytes | bytearray) -> int:
        return bisect_left(range(len(self._above)), wanted, key=self._id)

    def _id(self, place: int) -> bytearray:
        return self._ids[place * ID_BYTES : (place + 1) * ID_BYTES]

    # -- joining ----------------------------------------------------------------------------------

    def _root(self, place: int) -> int:
        above = self._above
        while (over := above[place]) != place:
            above[place] = above[over]
            place = above[place]
        return place

    def _join(self, groups: Iterable[Sequence[int]]) -> None:
        for group in groups:
            roots = {self._root(place) for place in group}
            least = min(roots)
            for root in roots:
                self._above[root] = least

    def _decided(self) -> Iterator[list[int]]:
        """The pairs that people put together, of records that are there."""
        for one, others in self._manual.items():
            together = [other for other, decided in others.items() if decided.together and one < other]
            for other in together:
                places = [self._find(bytes.fromhex(one)), self._find(bytes.fromhex(other))]
                if len(self._above) not in places and [self._id(at).hex() for at in places] == [one, other]:
                    yield places

    def _weigh(self, crowd: int) -> None:
        total = max(1, len(self._above))
        for bunch in in_bunches(self._scratch.sharing(crowd), PAGE_RECORDS):
            apart = [group for group in bunch if len({self._root(place) for place in group}) > 1]
            self._ready({place for group in apart for place in group})
            for group in apart:
                self._weigh_group(group)
            self._report(READ + (WEIGHED - READ) * bunch[-1][0] / total)
        self._sides.clear()

    def _weigh_group(self, group: Sequence[int]) -> None:
        bands = self._matcher.model.bands
        for a, b in combinations(group, 2):
            if self._root(a) == self._root(b):
                continue
            weight = self._matcher.reaches(self._sides[a], self._sides[b], bands.review)
            if weight >= bands.link:
                self._join([(a, b)])
            elif weight >= bands.review:
                self._scratch.doubts(a, b)

    def _ready(self, places: set[int]) -> None:
        """Have records ready to be weighed; those that were not used for longest go."""
        for place in places & self._sides.keys():
            self._sides.move_to_end(place)
        missing = sorted(places - self._sides.keys())
        for start in range(0, len(missing), PAGE_RECORDS):
            wanted = missing[start : start + PAGE_RECORDS]
            for place, record in zip(wanted, self._records(wanted), strict=True):
                self._sides[place] = self._matcher.compared(self._snapshot.fields(record), self._retired)
        while len(self._sides) > max(SIDES_MAX, len(places)):
            self._sides.popitem(last=False)

    def _records(self, places: Iterable[int]) -> list[Record]:
        """The records at places, which are in order."""
        return self._snapshot.some(self._id(place).hex() for place in places)

    # -- clustering -------------------------------------------------------------------------------

    def _cluster(self) -> array[int]:
        after = array("I", range(len(self._above)))
        total = max(1, len(self._above))
        for bunch in in_bunches(self._trees(), PAGE_RECORDS):
            places = sorted(place for tree in bunch for place in tree)
            members = {
                place: self._member(record)
                for place, record in zip(places, self._records(places), strict=True)
            }
            named = {member.record_id: place for place, member in members.items()}
            for tree in bunch:
                found = partition(
                    [members[place] for place in tree],
                    self._matcher,
                    retired=self._retired,
                    manual=self._manual,
                )
                self._reviews += len(found.reviews)
                for record_id, profile_id in found.profiles.items():
                    after[named[record_id]] = named[profile_id]
            self._report(WEIGHED + (1 - WEIGHED) * bunch[-1][0] / total)
        return after

    def _trees(self) -> Iterator[list[int]]:
        """The components of several records, in the order of their first ones."""
        roots = array("I", (self._root(place) for place in range(len(self._above))))
        for _, tree in groupby(sorted(range(len(roots)), key=roots.__getitem__), key=roots.__getitem__):
            places = list(tree)
            if len(places) > 1:
                yield places

    def _member(self, record: Record) -> Member:
        fields = self._snapshot.fields(record)
        fields.keys = [key for key in self._keys(fields) if not self._is_crowded(key)]
        return member_of(record, fields)

    def _is_crowded(self, key: int) -> bool:
        place = bisect_left(self._crowded, key)
        return place < len(self._crowded) and self._crowded[place] == key


def _no_key(record_id: str) -> bytes:
    raise AssertionError(f"nothing is made anew, and {record_id} is not")
