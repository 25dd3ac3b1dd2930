"""What the till is told of a member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from regulars.capabilities.loyalty.fold import EARLIEST
from regulars.capabilities.loyalty.state import Hold
from regulars.console.api.deps import Visit
from regulars.console.api.shapes import Id, Status, mask_name
from regulars.console.services.members import Standing
from regulars.console.services.people import name_of

from .reading import Met

MemberStatus = Literal["active", "blocked", "left"]


class ExpiringPoints(Struct, frozen=True):
    """Points that end together, after their last day."""

    last_day: date
    points: int
    days_left: int


class TierStanding(Struct, frozen=True):
    """The tier of a member: since when and, null for good, until when.

    `next` needs `missing` more credit. `warning` says that the tier ends soon and `projected` is the one after it, if
    nothing more is bought.
    """

    code: str
    name: str
    since: date | None
    until: date | None
    next: str | None
    next_name: str | None
    missing: int
    missing_minor: Annotated[
        dict[str, int],
        Meta(description="The same as what is to be spent, per currency; empty where points count."),
    ]
    warning: bool
    projected: str


class OpenHold(Struct, frozen=True):
    """Points that a till has reserved, for a reward where `reward` names one."""

    id: Id
    amount: int
    expires_at: datetime
    reward: str | None = None
    reward_name: str | None = None


class OwnVoucher(Struct, frozen=True):
    """A voucher the member may use once, by its `code` in a quote: for a `promotion`, or for `value_minor` off a basket.

    It is good until `expires_at`, for ever where that is null.
    """

    code: str
    promotion: str | None
    name: str | None
    value_minor: int | None
    currency: str | None
    expires_at: datetime | None


class Member(Struct, frozen=True):
    """A customer and where they stand in a programme, in points of one type.

    `available` is what may be held or spent: the balance without what is `held`. `pending` points come later. The
    balance is negative while points are owed (`debt`). `enrolled` is false for customers who may still be enrolled.
    """

    member_id: Annotated[Id, Meta(description="The profile. Any id it ever had leads to it.")]
    name: Annotated[str | None, Meta(description="Masked without pii:read.")]
    enrolled: bool
    enrolled_at: datetime | None
    status: MemberStatus | None
    card: Annotated[
        Literal["active", "replaced"] | None, Meta(description="Of the card the member was found by.")
    ]
    programme: int | None
    point: Annotated[str | None, Meta(description="The type of points that is told of.")]
    balance: int
    held: int
    pending: int
    available: int
    debt: int
    worth_minor: Annotated[
        dict[str, int], Meta(description="What the available points are worth, per currency.")
    ]
    expiring: Annotated[
        list[ExpiringPoints], Meta(description="Every day on which points end, soonest first.")
    ]
    tier: TierStanding | None
    holds: list[OpenHold]
    vouchers: Annotated[list[OwnVoucher], Meta(description="Those not used yet, the soonest to end first.")]
    consent: Annotated[dict[str, Status], Meta(description="Per channel, for marketing.")]


class Matches(Struct, frozen=True):
    """Who was found: nobody, one, or several among whom the cashier picks."""

    matches: list[Member]


def member_of(visit: Visit, met: Met) -> Member:
    """A member as the caller may see them."""
    standing, name = met.standing, name_of(met.found.parts)
    joined = standing.enrolled_at
    available = max(0, standing.balance - standing.held)
    return Member(
        member_id=met.found.profile_id.hex,
        name=name if visit.clear or name is None else mask_name(name),
        enrolled=standing.enrolled,
        enrolled_at=None if joined == EARLIEST else joined,
        status=standing.status,  # type: ignore[arg-type]
        card=met.card,
        programme=standing.programme,
        point=standing.point,
        balance=standing.balance,
        held=standing.held,
        pending=standing.pending,
        available=available,
        debt=standing.debt,
        worth_minor=worth_of(standing.worth, available),
        expiring=[ExpiringPoints(one.last_day, one.points, one.days_left) for one in standing.expiring],
        tier=tier_of(standing),
        holds=[_open(hold) for hold in standing.holds],
        vouchers=[
            OwnVoucher(one.code, one.promotion, one.name, one.value_minor, one.currency, one.expires_at)
            for one in met.vouchers
        ],
        consent=dict(met.consent),
    )


def _open(hold: Hold) -> OpenHold:
    reward = hold.reward
    named = (reward.code, reward.name) if reward is not None else (None, None)
    return OpenHold(hold.hold_id, hold.amount, hold.expires_at, *named)


def tier_of(standing: Standing) -> TierStanding | None:
    """The tier of a standing; None in a programme without any."""
    tier = standing.tier
    if tier is None:
        return None
    programme = standing.version.programme if standing.version is not None else None
    return TierStanding(
        code=tier.tier,
        name=standing.tier_names.get(tier.tier, tier.tier),
        since=tier.since,
        until=tier.until,
        next=tier.next_tier,
        next_name=standing.tier_names.get(tier.next_tier or ""),
        missing=tier.missing,
        missing_minor=programme.in_money(tier.missing) if programme is not None else {},
        warning=tier.warning,
        projected=tier.projected,
    )


def worth_of(worth: Mapping[str, tuple[int, int]], points: int) -> dict[str, int]:
    """What points are worth in minor units, rounded down, per currency."""
    return {currency: points * minor // per for currency, (minor, per) in sorted(worth.items())}
