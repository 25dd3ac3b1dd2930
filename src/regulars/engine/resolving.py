"""Which records come out otherwise by the model at work than they are stored: all looked at once, by processes of their own.

What records share tells which of them may be one person (see `closures`); those are opened together, resolved by the
same function as in a turn, and compared with what is stored. Nothing is written: what differs is clustered anew in
turns, so it does no harm that events go on meanwhile. A record that is told meanwhile is matched in its turn.

Where the model seeks by other keys than the one before, all records get theirs first. Of that turns change no more than
what they are told, so each record is held while its keys are written.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from multiprocessing import get_context
from multiprocessing.pool import IMapIterator, Pool
from pathlib import Path
from typing import Any, LiteralString

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.compared import Compared
from regulars.capabilities.identity.households import household_keys
from regulars.capabilities.identity.partition import partition
from regulars.capabilities.identity.rules import keyed, member_of
from regulars.capabilities.identity.state import Fields, Record, Review
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.errors import Conflict, TryLater

from . import identity_memory
from .closures import Closures
from .tables import MATCH_KEY
from .tuning import tune

_SQL = load_queries("regulars.engine", "resolving.sql")
_IDENTITY = load_queries("regulars.capabilities.identity")
BUNCH_RECORDS = 600
PAGE_RECORDS = 1_000
SET_MAX = 2_000
"""A set of more records is first weighed pair by pair, so that none but those who may be one person are left together."""
HANDS_MAX = 2
STREAMED_ROWS = 2_000
NICER = 10
WAITS_MAX = 600
WAIT_SECONDS = 0.1
WATCH_SECONDS = 1.0
ANSWER_SECONDS_MAX = 300.0
"""A process that takes longer over some hundred records is gone."""
_decode = msgspec.json.Decoder(Fields).decode

Pair = tuple[int, int]
Places = Sequence[int]


class Found(Struct, array_like=True):
    """Groups of record ids that come out otherwise, each to be clustered anew; all up to the id `after` was looked at."""

    groups: list[list[str]]
    after: str


class Look(Struct):
    """What to look at: the records after the id `keyed_to` get their keys, or all are looked at where it is None.

    It holds the master key's bytes and the database's password: through a pipe, and nowhere else.
    """

    dsn: str
    secret: bytes
    workspace_id: int
    model_no: int
    keyed_to: str | None = None
    set_max: int = SET_MAX


def main() -> int:
    """Read one Look from stdin, and tell what is Found, line by line."""
    os.nice(NICER)
    look = msgspec.json.decode(sys.stdin.buffer.read(), type=Look)
    vault = Vault(MasterKey(look.secret), look.workspace_id)
    database = Database(look.dsn)
    if look.keyed_to is None:
        told = resolve(database, vault, look.model_no, look.set_max)
    else:
        told = give_keys(database, vault, look.model_no, look.keyed_to)
    for found in told:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def resolve(database: Database, vault: Vault, model_no: int, set_max: int = SET_MAX) -> Iterator[Found]:
    """Look at all records. Raises Conflict where another model is at work than the one of that number.

    Forks, so it must run in a process of one thread; what it starts ends with the iterator.
    """
    closures = _read(database, vault)
    weighings = closures.loosen(set_max)
    with _hands(database, vault, model_no, closures) as pool:
        for pairs in _answers(pool.imap(_weigh, _bunches(weighings))):
            for pair in pairs:
                closures.unite(pair)
        for first, groups in _answers(pool.imap(_compare, _bunches(closures.sets()))):
            named = [[closures.record_id(place) for place in group] for group in groups]
            yield Found(named, closures.record_id(first))


def give_keys(database: Database, vault: Vault, model_no: int, after: str) -> Iterator[Found]:
    """Give all records after an id their keys of the set at work, in the order of ids; see `resolve`.

    What is Found are records that lack other keys, of their homes and contacts.
    """
    with _hands(database, vault, model_no, Closures(b"")) as pool:
        for reached, bare in _answers(pool.imap(_give_keys, _pages(database, vault, after))):
            yield Found([[record_id] for record_id in bare], reached)


def _hands(database: Database, vault: Vault, model_no: int, closures: Closures) -> Pool:
    hands = max(1, min(HANDS_MAX, os.cpu_count() or 1))
    return get_context("fork").Pool(hands, _Hand.prepare, (database, vault, model_no, closures))


def _pages(database: Database, vault: Vault, after: str) -> Iterator[list[str]]:
    """Ids after one, some at a time. Records that come meanwhile have their keys from their turn."""
    workspace = {"workspace_id": vault.workspace_id}
    with (
        database.session(vault.workspace_id, read_only=True) as connection,
        connection.cursor(name="ids") as cursor,
    ):
        cursor.itersize = STREAMED_ROWS
        cursor.execute(_SQL.ids_after, workspace | {"after": after}, binary=True)
        while rows := cursor.fetchmany(PAGE_RECORDS):
            yield [record_id.hex() for (record_id,) in rows]


def _answers(results: IMapIterator[Any]) -> Iterator[Any]:
    while True:
        try:
            yield results.next(ANSWER_SECONDS_MAX)
        except StopIteration:
            return


def _read(database: Database, vault: Vault) -> Closures:
    workspace = {"workspace_id": vault.workspace_id}
    with database.session(vault.workspace_id, read_only=True) as connection:
        found = connection.execute(_IDENTITY.load_model, workspace).fetchall()
        work = identity_memory.at_work(found, vault.hash)

        def column(sql: LiteralString) -> Iterator[bytes]:
            with connection.cursor(name="column") as cursor:
                cursor.itersize = STREAMED_ROWS
                asked = {"keys_no": work.keys, "most": work.matcher.model.cluster.crowd}
                cursor.execute(sql, workspace | asked, binary=True)
                for (value,) in cursor:
                    yield value

        ids = bytearray()
        for one in column(_SQL.all_ids):
            ids += one
        closures = Closures(bytes(ids))
        closures.share_keys(column(_SQL.sharing_keys))
        closures.share_more(column(_SQL.sharing_values))
        closures.share_more(column(_SQL.sharing_profiles))
    closures.join()
    return closures


def _bunches(groups: Iterable[Places]) -> Iterator[list[Places]]:
    """Groups together that have about BUNCH_RECORDS records in all."""
    bunch: list[Places] = []
    seen: set[int] = set()
    for group in groups:
        bunch.append(group)
        seen.update(group)
        if len(seen) >= BUNCH_RECORDS:
            yield bunch
            bunch, seen = [], set()
    if bunch:
        yield bunch


class _Hand:
    """What a process needs to look at records; one in each."""

    own: _Hand | None = None
    known: tuple[Any, ...] = ()

    def __init__(self, database: Database, vault: Vault, model_no: int, closures: Closures) -> None:
        self._session, self._vault, self._closures = Session(database), vault, closures
        self._session.begin(vault.workspace_id)
        self._memory = identity_memory.load(self._session, vault)
        self._session.rollback()
        if self._memory.model.number != model_no:
            raise Conflict("Another model was put to work.")
        self._matcher = self._memory.model.matcher

    @classmethod
    def prepare(cls, *known: Any) -> None:
        """In a process that has just begun; one that raised here would be begun again for ever."""
        # It tells nothing, and whoever listens must hear when the one that tells is gone.
        with Path(os.devnull).open("wb") as nobody:
            os.dup2(nobody.fileno(), sys.stdout.fileno())
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        tune()
        cls.known = known

    @classmethod
    def here(cls) -> _Hand:
        """That of this process. Raises Conflict where another model is at work by now."""
        if cls.own is None:
            cls.own = cls(*cls.known)
        return cls.own

    def weigh(self, groups: Sequence[Places]) -> list[Pair]:
        """The pairs of the groups that a link or a look may come of, but for those that are together already."""
        records, _ = self._load(groups)
        sides: dict[int, Compared] = {}
        for place in {place for group in groups for place in group}:
            record = records.get(self._closures.record_id(place))
            if record is not None:
                sides[place] = self._matcher.compared(_open(record), self._memory.retired)
        least, reaches = self._matcher.model.bands.review, self._matcher.reaches
        pairs = {pair for group in groups for pair in combinations(group, 2)}
        return [
            (a, b)
            for a, b in pairs
            if a in sides
            and b in sides
            and not self._closures.together(a, b)
            and reaches(sides[a], sides[b], least) >= least
        ]

    def compare(self, groups: Sequence[Places]) -> tuple[int, list[Places]]:
        """(the last of the groups' first places, the groups that come out otherwise)."""
        records, reviews = self._load(groups)
        differing = [group for group in groups if self._differs(group, records, reviews)]
        return groups[-1][0], differing

    def give_keys(self, ids: list[str]) -> tuple[str, list[str]]:
        """(the last of the ids, those of the records that lack keys of their homes and contacts)."""
        keys: list[tuple[int, str]] = []
        bare: list[str] = []
        workspace = {"workspace_id": self._vault.workspace_id}
        left, waits = set(ids), 0
        while left:
            self._session.begin(self._vault.workspace_id)
            held, there = self._session.run(
                [Call(sql, workspace | {"ids": uuids(left)}) for sql in (_SQL.hold_records, _SQL.are_there)]
            )
            records = [self._record(row) for row in held]
            keys = [(key, one.record_id) for one in records for key in _open(one).keys]
            bare += [one.record_id for one in records if self._lacks_household(_open(one))]
            hashes, owners = zip(*keys, strict=True) if keys else ((), ())
            columns = {"key": hashes, "record_id": owners}
            same = workspace | {"model_no": self._memory.model.keys}
            saved = Call(_IDENTITY.save_keys, {"rows": MATCH_KEY.rows(len(keys), columns, same)})
            self._session.finish([saved] if keys else [])
            left = {row[0].hex() for row in there} - {one.record_id for one in records}
            if left and not records:
                waits += 1
                if waits > WAITS_MAX:
                    raise TryLater(
                        "Records are being changed and cannot get their keys.", retry_after_seconds=60
                    )
                time.sleep(WAIT_SECONDS)
        return ids[-1], bare

    def _lacks_household(self, fields: Fields) -> bool:
        if fields.household:
            return False
        return bool(household_keys(fields, self._matcher.compared(fields).values, self._vault.hash))

    def _record(self, row: Row) -> Record:
        record_id, known, first_at, component, profile, wrapped, sealed = row
        belongs = component.hex(), profile.hex()
        record = Record(record_id.hex(), 0, known, first_at, *belongs, wrapped, sealed)
        record.fields = self._open(record)
        return record

    def _load(self, groups: Sequence[Places]) -> tuple[dict[str, Record], dict[str, set[Review]]]:
        ids = {self._closures.record_id(place) for group in groups for place in group}
        asked = {"workspace_id": self._vault.workspace_id, "ids": uuids(ids)}
        self._session.begin(self._vault.workspace_id)
        try:
            found, stored = self._session.run(
                [Call(_SQL.some_records, asked), Call(_SQL.stored_reviews, asked)]
            )
        finally:
            self._session.rollback()
        records = {record.record_id: record for record in map(self._record, found)}
        reviews: dict[str, set[Review]] = defaultdict(set)
        for row in stored:
            reviews[row[0]].add(Review(*row))
        return records, reviews

    def _open(self, record: Record) -> Fields:
        fields = _decode(open_sealed(self._vault.unwrap(record.wrapped), record.sealed))
        return keyed(fields, self._matcher, self._vault.hash, self._memory.model.keys)

    def _differs(self, group: Places, records: dict[str, Record], reviews: dict[str, set[Review]]) -> bool:
        ids = [self._closures.record_id(place) for place in group]
        there = [records[rid] for rid in ids if rid in records]
        memory = self._memory
        result = partition(
            [member_of(record, _open(record)) for record in there],
            self._matcher,
            retired=memory.retired,
            crowded=memory.crowded,
            manual=memory.manual,
        )
        if result.generics or any(
            record.profile_id != result.profiles[record.record_id]
            or record.component_id != result.components[record.record_id]
            for record in there
        ):
            return True
        return set(result.reviews) != set().union(*(reviews.get(rid, ()) for rid in ids))


def _open(record: Record) -> Fields:
    assert record.fields is not None, "records are opened when they are loaded"
    return record.fields


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def _give_keys(ids: list[str]) -> tuple[str, list[str]]:
    return _Hand.here().give_keys(ids)


def _weigh(groups: Sequence[Places]) -> list[Pair]:
    return _Hand.here().weigh(groups)


def _compare(groups: Sequence[Places]) -> tuple[int, list[Places]]:
    return _Hand.here().compare(groups)


if __name__ == "__main__":
    sys.exit(main())
