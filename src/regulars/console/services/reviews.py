"""The queue of pairs that may be one person: the likeliest first, side by side, and what the queue is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.model import Bands
from regulars.capabilities.identity.normalise import fold
from regulars.store.database import AsyncConnection, Database
from regulars.store.vault import Vault

from .common import SQL, mask, row, rows
from .lookups import listed
from .people import FIGURES, Part, Person, last_scalar, load_parts, person_of
from .surroundings import DECISIONS, load_at_work

COUNTED_MAX: Final = 10_000
WORTH_PAIRS_MAX: Final = 1_000
"""Of so many of the likeliest pairs customers and spend are added up."""
WORTH_LIFE: Final = timedelta(seconds=60)
_HEAVIEST: Final = 1e308
_LIGHTEST: Final = -1e308
_FIRST: Final = UUID(int=0)

Likeliness: TypeAlias = Literal["conflict", "strong", "likely", "possible"]
Verdict: TypeAlias = Literal["same", "differs", "unknown"]


class Place(Struct, frozen=True, array_like=True):
    """Where a page of the queue goes on."""

    weight: float
    a: UUID
    b: UUID


class Waiting(Struct, frozen=True):
    """A pair (a < b) of records that waits, and whose they are. `weight` in bits."""

    a: UUID
    b: UUID
    weight: float
    conflict: bool
    since: datetime
    profiles: tuple[UUID, UUID]

    @property
    def place(self) -> Place:
        """Where the queue goes on after it."""
        return Place(self.weight, self.a, self.b)


class Compared(Struct, frozen=True):
    """A line of the comparison: values of the one and of the other, and whether they agree."""

    name: str
    one: list[str]
    other: list[str]
    verdict: Verdict


class Sides(Struct, frozen=True):
    """A waiting pair with the two customers, side by side."""

    pair: Waiting
    one: Person
    other: Person
    lines: list[Compared]
    likeliness: Likeliness


class Worth(Struct, frozen=True):
    """Pairs that wait, counted up to 10,000; `customers` and `spend_minor` of the 1,000 likeliest."""

    pairs: int
    conflicts: int
    customers: int
    spend_minor: dict[str, int]
    at: datetime

    @property
    def partly(self) -> bool:
        """Whether customers and spend are of a part of the pairs only."""
        return self.pairs > WORTH_PAIRS_MAX


async def load_waiting(
    conn: AsyncConnection,
    workspace_id: int,
    *,
    limit: int,
    after: Place | None = None,
    least: float | None = None,
    conflict: bool | None = None,
) -> list[Waiting]:
    """Pairs that wait, the heaviest first; with `least` only those of so many bits or more."""
    place = after or Place(_HEAVIEST, _FIRST, _FIRST)
    params = {
        "workspace_id": workspace_id,
        "weight": place.weight,
        "a": place.a,
        "b": place.b,
        "least": _LIGHTEST if least is None else least,
        "conflict": conflict,
        "limit": limit,
    }
    return [_waiting(one) for one in await listed(conn, DECISIONS.reviews, params)]


async def side_by_side(
    conn: AsyncConnection, vault: Vault, pairs: Sequence[Waiting], *, clear: bool, spend: bool
) -> list[Sides]:
    """Pairs with their customers; of two customers only the heaviest pair is shown."""
    firsts: dict[frozenset[UUID], Waiting] = {}
    for pair in pairs:
        firsts.setdefault(frozenset(pair.profiles), pair)
    parts = await load_parts(conn, vault, list({one for pair in firsts for one in pair}))
    bands = (await load_at_work(conn, vault)).matcher.model.bands
    return [
        _sides(pair, parts, bands, clear=clear, spend=spend)
        for pair in firsts.values()
        if all(one in parts for one in pair.profiles)
    ]


async def count_waiting(
    conn: AsyncConnection, workspace_id: int, limit: int = COUNTED_MAX
) -> tuple[int, int]:
    """How many pairs wait, and how many of them are conflicts; counted up to a limit."""
    found = await row(conn, DECISIONS.count_reviews, {"workspace_id": workspace_id, "limit": limit})
    return (int(found[0]), int(found[1])) if found else (0, 0)


class Worths:
    """What the queue is worth, added up at most once a minute. One object a process."""

    def __init__(self, database: Database, workspace_id: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._clock = clock
        self._known: Worth | None = None

    async def worth(self) -> Worth:
        """As it was within the last minute; the count of pairs is always fresh."""
        async with self._database.read(self._workspace_id) as conn:
            pairs, conflicts = await count_waiting(conn, self._workspace_id)
            known, now = self._known, self._clock()
            stale = known is None or known.pairs != pairs or now - known.at > WORTH_LIFE
            if known is None or stale:
                customers, spend = await _worth(conn, self._workspace_id)
                known = self._known = Worth(pairs, conflicts, customers, spend, now)
        return known


async def _worth(conn: AsyncConnection, workspace_id: int) -> tuple[int, dict[str, int]]:
    params = {"workspace_id": workspace_id, "limit": WORTH_PAIRS_MAX}
    ids = [one[0] for one in await rows(conn, DECISIONS.people_waiting, params)]
    spend: Counter[str] = Counter()
    for _, figures in await rows(conn, SQL.figures_of_profiles, {"workspace_id": workspace_id, "ids": ids}):
        spend.update(FIGURES.decode(figures).spend_minor)
    return len(ids), dict(sorted(spend.items(), key=lambda one: (-one[1], one[0])))


def likeliness_of(weight: float, bands: Bands, *, conflict: bool) -> Likeliness:
    """How likely a pair is one person, as a word: thirds of the way from the review band to the link band."""
    if conflict:
        return "conflict"
    way = (weight - bands.review) / max(bands.link - bands.review, 1e-9)
    return "strong" if way >= 2 / 3 else "likely" if way >= 1 / 3 else "possible"


def _waiting(found: tuple[Any, ...]) -> Waiting:
    a, b, weight, conflict, since, one, other = found
    return Waiting(a, b, weight, conflict, since, (one, other))


def _sides(pair: Waiting, parts: dict[UUID, list[Part]], bands: Bands, *, clear: bool, spend: bool) -> Sides:
    mine, theirs = (parts[one] for one in pair.profiles)
    one, other = (
        person_of(profile_id, parts[profile_id], clear=clear, spend=spend) for profile_id in pair.profiles
    )
    return Sides(
        pair,
        one,
        other,
        compare(mine, theirs, clear=clear),
        likeliness_of(pair.weight, bands, conflict=pair.conflict),
    )


def compare(one: Sequence[Part], other: Sequence[Part], *, clear: bool) -> list[Compared]:
    """What two customers say of each kind of thing; of masked values is told whether those behind them agree."""
    lines = [
        _line(name, _scalars(one, name), _scalars(other, name), clear=clear)
        for name in ("given_name", "family_name", "birth_date")
    ]
    lines += [
        _line(name, _values(one, kind), _values(other, kind), clear=clear)
        for kind, name in kinds.NAMES.items()
    ]
    lines.append(_line("address", _address(one), _address(other), clear=clear))
    return [line for line in lines if line.one or line.other]


def _line(name: str, one: dict[str, str], other: dict[str, str], *, clear: bool) -> Compared:
    """`one` and `other`: values as they are compared → as they are written."""
    verdict: Verdict = "unknown"
    if one and other:
        verdict = "differs" if one.keys().isdisjoint(other) else "same"
    return Compared(name, _shown(name, one, clear=clear), _shown(name, other, clear=clear), verdict)


def _shown(name: str, values: dict[str, str], *, clear: bool) -> list[str]:
    if clear or name in ("given_name", "family_name"):
        return sorted(values.values())
    if name in ("birth_date", "address"):
        return ["•••"] if values else []
    return sorted(mask(name, value) for value in values.values())


def _scalars(parts: Iterable[Part], name: str) -> dict[str, str]:
    """Every value some record has; a name is compared folded."""
    said = [str(value) for part in parts if (value := part.fields.scalar(name))]
    return {fold(value): value for value in said}


def _values(parts: Iterable[Part], kind: int) -> dict[str, str]:
    return {hash_: value for part in parts for value, hash_ in part.fields.current(kind)}


def _address(parts: Sequence[Part]) -> dict[str, str]:
    said = last_scalar(parts, "address")
    if not isinstance(said, dict):
        return {}
    written = ", ".join(str(said[name]) for name in ("line1", "line2", "postcode", "city") if said.get(name))
    return {fold(written): written} if written else {}
