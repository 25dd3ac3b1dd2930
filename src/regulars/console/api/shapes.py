"""The profile as the API shows it. Names and contacts are masked for callers that may not see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct, field

from regulars.capabilities.profile.figures import average_order_minor, cadence_days, total
from regulars.capabilities.profile.state import MICRO, Figures
from regulars.console.services.common import mask
from regulars.console.services.consents import Word, settled
from regulars.console.services.member import Standing
from regulars.console.services.people import Part, name_of
from regulars.store.narrowing import STORES_MAX
from regulars.vocabulary.events import Id as Code

CATEGORIES_MAX: Final = 5

Id = Annotated[str, Meta(description="32 hexadecimal digits.", examples=["6f1c0e5b9d3a47e2a1c8b7f04d2e9a55"])]
StoreCodes = Annotated[list[Code], Meta(min_length=1, max_length=STORES_MAX)]
Count = Annotated[int, Meta(ge=0)]
Status: TypeAlias = Literal["granted", "withdrawn"]
Amounts: TypeAlias = dict[str, int]


class Identifier(Struct, frozen=True):
    """A value a source says of the person; replaced e-mails, phones and cards are no longer current."""

    kind: Literal["loyalty_card", "external_id", "anonymous_id", "payment_token", "device", "email", "phone"]
    value: str
    source: str
    current: bool


class ProfileMetrics(Struct, frozen=True):
    """What the person bought. Amounts are in minor units per currency; `items` counts weighed goods in parts."""

    orders: int
    returns: int
    items: float
    spend_minor: Annotated[Amounts, Meta(description="Paid minus returned, per currency.")]
    average_order_minor: Amounts
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    channels: Annotated[dict[str, int], Meta(description="Orders per channel.")]
    stores: Annotated[dict[str, int], Meta(description="Orders per store.")]
    favourite_categories: Annotated[list[str], Meta(description="What most items were of, first the most.")]
    cadence_days: Annotated[float | None, Meta(description="Mean days between purchases.")]


class PointsStanding(Struct, frozen=True):
    """Points of one type: `balance`, of which tills hold `held`, and below zero by what is owed; `pending` come later."""

    point: str
    balance: int
    held: int
    pending: int
    debt: Count


class ProgrammeStanding(Struct, frozen=True):
    """A member in one loyalty programme. `tier` is null in a programme without tiers."""

    programme: int
    name: str
    points: list[PointsStanding]
    tier: str | None


class Loyalty(Struct, frozen=True, omit_defaults=True):
    """A member of the first programme, its first point type. `programmes` has all where there are several of either."""

    member_id: Id
    balance: int
    pending: int
    tier: str | None
    programmes: list[ProgrammeStanding] = field(default_factory=list)


class Profile(Struct, frozen=True):
    """One person: the records of all sources that tell of them, put together."""

    id: Id
    name: str | None
    record_ids: Annotated[list[Id], Meta(description="Any of them finds this profile, for ever.")]
    identifiers: list[Identifier]
    metrics: ProfileMetrics
    loyalty: Annotated[Loyalty | None, Meta(description="Null for who takes part in no programme.")]
    segments: list[str]
    consent: Annotated[dict[str, Status], Meta(description="Per channel, for marketing.")]


def mask_name(name: str) -> str:
    """A name as people without the right to see it see it: `J••• D•••`."""
    return " ".join(f"{word[0]}•••" for word in name.split())


def profile_of(
    profile_id: UUID,
    parts: Sequence[Part],
    words: Mapping[UUID, Sequence[Word]],
    sources: Mapping[int, str],
    standings: Sequence[Standing],
    *,
    clear: bool,
    spend: bool,
) -> Profile:
    """A profile out of its records, the consent words about them and where it stands in programmes.

    Without `spend` its metrics hold no amounts.
    """
    name = name_of(parts)
    said = [word for part in parts for word in words.get(part.record_id, ())]
    return Profile(
        id=profile_id.hex,
        name=name if clear or name is None else mask_name(name),
        record_ids=[part.record_id.hex for part in parts],
        identifiers=identifiers_of(parts, sources, clear=clear),
        metrics=metrics_of((part.figures for part in parts), spend=spend),
        loyalty=loyalty_of(standings),
        segments=[],
        consent={channel: status_of(word.granted) for channel, word in settled(said).items()},
    )


def loyalty_of(standings: Sequence[Standing]) -> Loyalty | None:
    """Where a profile stands in programmes, None in none."""
    if not standings:
        return None
    first = standings[0]
    several = len(standings) > 1 or len(first.points) > 1
    return Loyalty(
        member_id=first.profile_id.hex,
        balance=first.points[0].balance,
        pending=first.points[0].pending,
        tier=first.tier.tier if first.tier is not None else None,
        programmes=[programme_of(one) for one in standings] if several else [],
    )


def programme_of(standing: Standing) -> ProgrammeStanding:
    """Where a member stands in one programme."""
    return ProgrammeStanding(
        programme=standing.programme,
        name=standing.name,
        points=[
            PointsStanding(one.point, one.balance, one.held, one.pending, one.debt) for one in standing.points
        ],
        tier=standing.tier.tier if standing.tier is not None else None,
    )


def identifiers_of(parts: Sequence[Part], sources: Mapping[int, str], *, clear: bool) -> list[Identifier]:
    """Every value each source says or said, the current ones first."""
    found: dict[tuple[str, str, int], bool] = {}
    for part in parts:
        for one in part.identities():
            key = (one.kind, one.value, one.source_id)
            found[key] = found.get(key, False) or one.current
    lines = [
        Identifier(kind, value if clear else mask(kind, value), sources[source_id], current)  # type: ignore[arg-type]
        for (kind, value, source_id), current in found.items()
    ]
    return sorted(lines, key=lambda line: (not line.current, line.kind, line.source, line.value))


def metrics_of(figures: Iterable[Figures], *, spend: bool) -> ProfileMetrics:
    """The sum of the figures of records, with amounts where `spend` may be seen."""
    said = total(figures)
    cadence = cadence_days(said)
    bought = sorted(
        ((micro, name) for name, micro in said.categories.items() if micro > 0),
        key=lambda one: (-one[0], one[1]),
    )
    return ProfileMetrics(
        orders=said.orders,
        returns=said.returns,
        items=items_of(said.items_micro),
        spend_minor=said.spend_minor if spend else {},
        average_order_minor=average_order_minor(said) if spend else {},
        first_purchase_at=said.first_purchase_at,
        last_purchase_at=said.last_purchase_at,
        channels=said.channels,
        stores=said.stores,
        favourite_categories=[name for _, name in bought[:CATEGORIES_MAX]],
        cadence_days=None if cadence is None else round(cadence, 2),
    )


def items_of(micro: int) -> Any:
    """Millionths of a piece as a number, whole where it is."""
    whole, rest = divmod(micro, MICRO)
    return whole if rest == 0 else micro / MICRO


def status_of(granted: bool) -> Status:
    """A yes or no as the API says it."""
    return "granted" if granted else "withdrawn"
