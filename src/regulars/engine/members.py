"""Who is in which profile, by the source and the id it gave: as a file that others can score, and held to a truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.batch import pairs_of
from regulars.capabilities.identity.linkage import Link
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.measures import Band, Quality, bands, quality
from regulars.capabilities.identity.state import Record
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault

from .snapshot import PAGE_RECORDS, Snapshot
from .whole import Report, Whole, work_out

_SQL = load_queries("regulars.store", "models.sql")
_IDENTITY = load_queries("regulars.capabilities.identity")
BANDED_RECORDS_MAX = 50_000
"""With more records in the truth, the pairs are not told by band."""

Truth = Mapping[tuple[str, str], str]
"""(source, external id) → person."""


class Placed(Struct, frozen=True):
    """A customer of a source, and the profile it is in."""

    source: str
    external_id: str
    profile_id: str


class Evaluation(Struct, frozen=True):
    """`unknown`: how many of the truth are no records here. `bands` is empty where the truth is too large for it."""

    quality: Quality
    bands: list[Band]
    unknown: int


def members(database: Database, vault: Vault, report: Report = lambda _: None) -> Iterator[Placed]:
    """All customers that have an id of their source's, in an order that only depends on who there is."""
    with Snapshot(database, vault) as snapshot:
        sources: dict[int, str] = dict(snapshot.run(_SQL.source_names))
        total = max(1, snapshot.count())
        for number, record in enumerate(snapshot.records(), 1):
            for external_id, _ in snapshot.fields(record).current(kinds.EXTERNAL_ID):
                yield Placed(sources.get(record.source_id, ""), external_id, record.profile_id)
            if number % PAGE_RECORDS == 0:
                report(number / total)


def evaluate(
    database: Database,
    vault: Vault,
    truth: Truth,
    matcher: Matcher,
    *,
    as_it_is: bool,
    report: Report = lambda _: None,
) -> Evaluation:
    """Hold profiles to a truth: those that are there (`as_it_is`), else those that `matcher` would make.

    The records of the truth, and nothing else of them but the profile, are held in memory.
    """
    with Snapshot(database, vault) as snapshot:
        people = _people(snapshot, truth)
        if as_it_is:
            profiles = {record.record_id: record.profile_id for record in _records(snapshot, people)}
        else:
            profiles = _profiles_by(work_out(snapshot, matcher, report), people)
        clusters: dict[str, list[str]] = defaultdict(list)
        for record_id, profile_id in profiles.items():
            clusters[profile_id].append(record_id)
        known = {record_id: people[record_id] for record_id in profiles}
        found = quality(clusters.values(), known)
        links = list(_links(snapshot, matcher, known)) if len(known) <= BANDED_RECORDS_MAX else None
    told = [] if links is None else bands(links, known, matcher.model.bands)
    return Evaluation(found, told, len(people) - len(known))


def _people(snapshot: Snapshot, truth: Truth) -> dict[str, str]:
    """The person of each record id. A source gives its customers' records their ids."""
    numbers = {name: number for number, name in snapshot.run(_SQL.source_names)}
    kind, hash_ = kinds.NAMES[kinds.EXTERNAL_ID], snapshot.vault.hash
    return {
        hash_("record", str(numbers.get(source, source)), kind, external_id): person
        for (source, external_id), person in truth.items()
    }


def _records(snapshot: Snapshot, ids: Iterable[str]) -> Iterator[Record]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), PAGE_RECORDS):
        yield from snapshot.some(wanted[start : start + PAGE_RECORDS])


def _profiles_by(whole: Whole, people: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for place, profile in enumerate(whole.after):
        record_id = whole.record_id(place)
        if record_id in people:
            found[record_id] = whole.record_id(profile)
    return found


def _links(snapshot: Snapshot, matcher: Matcher, people: Mapping[str, str]) -> Iterator[Link]:
    """The pairs of the truth that share a key and weigh from the review band up."""
    retired = set(snapshot.run(_IDENTITY.load_generics))
    compared = {
        record.record_id: matcher.compared(snapshot.fields(record), retired)
        for record in _records(snapshot, people)
    }
    for a, b in sorted(pairs_of(compared, matcher)[0]):
        weight = matcher.weight(compared[a], compared[b])
        if weight >= matcher.model.bands.review:
            yield Link(a, b, weight)
