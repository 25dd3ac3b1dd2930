"""What another model would change, before it is put to work: profiles that would merge or split, and what they are worth."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.state import Fields
from regulars.capabilities.profile.state import Figures
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault

from .snapshot import Snapshot
from .whole import Report, Whole, work_out

_SQL = load_queries("regulars.store", "models.sql")
EXAMPLES = 20
EXAMPLES_MAX = 200
PROFILES_SHOWN_MAX = 10
"""Of each side of an example."""
_figures = msgspec.json.Decoder(Figures).decode


class PreviewedProfile(Struct, frozen=True):
    """A profile of an example: its id, the initials of the name (empty where none is known), how many records."""

    profile_id: str
    initials: str
    records: int


class PreviewExample(Struct, frozen=True):
    """Profiles as they are and as they would be; at most PROFILES_SHOWN_MAX of each. `change`: merge or split."""

    change: str
    before: list[PreviewedProfile]
    after: list[PreviewedProfile]


class PreviewSpend(Struct, frozen=True):
    """Net spend in minor units of a currency: of the customers concerned, and of all."""

    currency: str
    concerned_minor: int
    total_minor: int


class Preview(Struct, frozen=True):
    """`merges` profiles would be made of several of today's, `splits` of today's would fall into several.

    `concerned`: today's profiles that take part in either. `reviews_*`: pairs a person should look at, now and then;
    `crowded`: keys that too many would share.
    """

    name: str
    digest: str
    records: int
    profiles_before: int
    profiles_after: int
    merges: int
    splits: int
    concerned: int
    reviews_before: int
    reviews_after: int
    crowded: int
    spend: list[PreviewSpend]
    examples: list[PreviewExample]


def preview(
    database: Database,
    vault: Vault,
    matcher: Matcher,
    *,
    examples: int = EXAMPLES,
    report: Report = lambda _: None,
) -> Preview:
    """Exact, over all records as they are at one moment. `examples`: so many merges and so many splits are shown."""
    with Snapshot(database, vault) as snapshot:
        whole = work_out(snapshot, matcher, report)
        change = _changed(whole)
        return Preview(
            name=matcher.model.name,
            digest=matcher.model.digest(),
            records=len(whole.before),
            profiles_before=_profiles(whole.before),
            profiles_after=_profiles(whole.after),
            merges=change.merges.count(1),
            splits=change.splits.count(1),
            concerned=change.concerned.count(1),
            reviews_before=snapshot.run(_SQL.count_reviews)[0][0],
            reviews_after=whole.reviews,
            crowded=whole.crowded,
            spend=_spend(snapshot, whole, change.concerned),
            examples=_examples(snapshot, whole, change, min(examples, EXAMPLES_MAX)),
        )


class _Changed(Struct, frozen=True):
    """Marks by the places of profiles: `merges` as they would be, `splits` and `concerned` as they are."""

    merges: bytearray
    splits: bytearray
    concerned: bytearray


def _profiles(named: array[int]) -> int:
    """A profile is named for a record of its own."""
    return sum(place == profile for place, profile in enumerate(named))


def _changed(whole: Whole) -> _Changed:
    merges = _several(whole.after, whole.before)
    splits = _several(whole.before, whole.after)
    concerned = bytearray(len(whole.before))
    for before, after in zip(whole.before, whole.after, strict=True):
        if splits[before] or merges[after]:
            concerned[before] = 1
    return _Changed(merges, splits, concerned)


def _several(groups: array[int], others: array[int]) -> bytearray:
    """The groups whose records are of several others."""
    first = array("q", [-1]) * len(groups)
    found = bytearray(len(groups))
    for group, other in zip(groups, others, strict=True):
        if first[group] < 0:
            first[group] = other
        elif first[group] != other:
            found[group] = 1
    return found


def _spend(snapshot: Snapshot, whole: Whole, concerned: bytearray) -> list[PreviewSpend]:
    share: Counter[str] = Counter()
    total: Counter[str] = Counter()
    place = 0
    for record_id, figures in snapshot.pages(_SQL.load_some_figures):
        while whole.record_id(place) != record_id:
            place += 1
        spent = _figures(figures).spend_minor
        total.update(spent)
        if concerned[whole.before[place]]:
            share.update(spent)
    return [PreviewSpend(currency, share[currency], total[currency]) for currency in sorted(total)]


def _examples(snapshot: Snapshot, whole: Whole, change: _Changed, most: int) -> list[PreviewExample]:
    merges, splits = (
        list(islice((place for place, marked in enumerate(marks) if marked), most))
        for marks in (change.merges, change.splits)
    )
    wanted = {("merge", profile) for profile in merges} | {("split", profile) for profile in splits}
    sides: dict[tuple[str, int], tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for before, after in zip(whole.before, whole.after, strict=True):
        for key in {("merge", after), ("split", before)} & wanted:
            sides[key][0].add(before)
            sides[key][1].add(after)
    shown = {key: tuple(sorted(side)[:PROFILES_SHOWN_MAX] for side in sides[key]) for key in sides}
    before_sizes, after_sizes = (
        Counter(profile for profile in now if profile in places)
        for now, places in (
            (whole.before, {place for both in shown.values() for place in both[0]}),
            (whole.after, {place for both in shown.values() for place in both[1]}),
        )
    )
    names = _initials(snapshot, (whole.record_id(place) for place in {*before_sizes, *after_sizes}))

    def named(places: Iterable[int], sizes: Counter[int]) -> list[PreviewedProfile]:
        ids = [(whole.record_id(place), sizes[place]) for place in places]
        return [PreviewedProfile(rid, names[rid], records) for rid, records in ids]

    order = [("merge", profile) for profile in merges] + [("split", profile) for profile in splits]
    return [
        PreviewExample(key[0], named(shown[key][0], before_sizes), named(shown[key][1], after_sizes))
        for key in order
    ]


def _initials(snapshot: Snapshot, ids: Iterable[str]) -> dict[str, str]:
    found = {}
    wanted = sorted(ids)
    for record in snapshot.some(wanted):
        found[record.record_id] = initials(snapshot.fields(record))
    return found


def initials(fields: Fields) -> str:
    """A name as whoever may not see names sees it; empty where none is known."""
    parts = [fields.scalar("given_name"), fields.scalar("family_name")]
    return " ".join(f"{str(part).strip()[:1]}." for part in parts if part and str(part).strip())
