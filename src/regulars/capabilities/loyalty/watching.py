"""Points that wait for a person: which earnings a programme holds back, why, and until when.

What is held back is pending like any points that cannot be spent yet: a return or a void cancels them, and the balance
never moves. The time of the sale alone decides, so that it does not matter when it is told of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from msgspec.structs import replace

from . import state
from .earning import Earned, Grant, Usage
from .expiry import active_from, expires_at
from .ledger import Book
from .programme import Programme, Version, in_force
from .state import Ask, Earning

OWN_CARD: Final = "own_card"
SAME_REFERRAL: Final = "same_referral"
CARD_USES: Final = "card_uses_per_day"
POINTS: Final = "points_per_day"
REASONS: Final = (OWN_CARD, SAME_REFERRAL, CARD_USES, POINTS)
"""Why points are held back; the first that fits is told."""
_USES: Final = "~uses"


def until(programme: Programme, at: datetime) -> datetime:
    """When nobody has to look any more at what was earned at a time."""
    return active_from(at, programme.limits.review_days, programme.zone)


def counts(programme: Programme, earned: Earned, day: date, *, bought: bool) -> Usage:
    """What the limits of a day count of an earning, in the manner of caps; nothing where nothing waits."""
    limits, out, period = programme.limits, Usage(), f"day:{day.isoformat()}"
    if limits.beyond != "wait":
        return out
    if limits.points_per_day is not None:
        for grant in earned.grants:
            if grant.points > 0:
                name = (f"~{grant.point}", period)  # which no rule can be called
                out[name] = out.get(name, 0) + grant.points
    if limits.card_uses_per_day is not None and bought:
        out[_USES, period] = 1
    return out


def given_back(programme: Programme, point: str, at: datetime, points: int) -> Usage:
    """What such a limit counts less when a return takes back points that were earned at a time."""
    limits = programme.limits
    if limits.beyond != "wait" or limits.points_per_day is None or not points:
        return {}
    return {(f"~{point}", f"day:{programme.day_of(at).isoformat()}"): points}


def uses_name(day: date) -> tuple[str, str]:
    """The name and the period that uses of a card are counted under."""
    return _USES, f"day:{day.isoformat()}"


def why(
    programme: Programme,
    earned: Earned,
    counted: Usage,
    *,
    used: Mapping[tuple[str, str], int],
    uses: int,
    seen: Sequence[str] = (),
) -> str:
    """Why an earning is held back; empty where it is not.

    `counted` comes on top of `used`, what the member was given that day, and of the `uses` of the card.
    """
    limits = programme.limits
    if limits.beyond != "wait" or not any(grant.points > 0 for grant in earned.grants):
        return ""
    if limits.own_card and OWN_CARD in seen:
        return OWN_CARD
    if limits.same_referral and SAME_REFERRAL in seen:
        return SAME_REFERRAL
    if limits.card_uses_per_day is not None and uses >= limits.card_uses_per_day:
        return CARD_USES
    most = limits.points_per_day
    if most is not None and any(
        used.get(name, 0) + points > most for name, points in counted.items() if name[0] != _USES
    ):
        return POINTS
    return ""


def waits_now(earning: Earning, versions: Sequence[Version], now: datetime) -> str:
    """Why an earning still waits for a person; empty where it does not, or where the time for it is over."""
    version = in_force(versions, earning.occurred_at)
    if version is None or earning.decided or until(version.programme, earning.occurred_at) <= now:
        return ""
    return earning.waits


def held_back(earning: Earning, now: datetime) -> str:
    """The same, told by what it gave alone."""
    later = any(one.active_at > now for one in earning.posted)
    return earning.waits if later and not earning.decided else ""


def ask_for(book: Book, earning: Earning, versions: Sequence[Version]) -> None:
    """Have a person look at an earning that waits and has points left, or at what waited no more."""
    id_ = book.new_id("review", earning.key, earning.record_id, str(earning.programme))
    version, posted = in_force(versions, earning.occurred_at), earning.posted
    point = next((one.point for one in posted if one.given > one.taken), "")
    if version is None or not point or not waits_now(earning, versions, book.now):
        if not earning.decided:
            book.asks[id_] = None
        return
    limits = version.programme.limits
    book.asks[id_] = Ask(
        approval_id=id_,
        record_id=earning.record_id,
        programme=earning.programme,
        earning=earning.key,
        why=earning.waits,
        point=point,
        name=version.programme.point_type(point).name,
        amount=sum(one.given - one.taken for one in posted if one.point == point),
        until=until(version.programme, earning.occurred_at),
        store=earning.purchase.store if earning.purchase is not None else None,
        unreviewed=limits.unreviewed,
    )


def as_decided(programme: Programme, earning: Earning, earned: Earned) -> Earned:
    """What an earning gives that waits, or that a person decided on.

    Points are good from when it is released, by a person or by nobody in time, and end as if they had been given then.
    What is refused gives nothing; what will be refused unless somebody looks gives no tier credit meanwhile.
    """
    if earning.decided == state.REFUSED:
        return Earned()
    if earning.decided == state.RELEASED and earning.decided_at is not None:
        return _from(programme, earned, earning.decided_at, lost=False)
    if not earning.waits:
        return earned
    lost = programme.limits.unreviewed == "refuse"
    found = _from(programme, earned, until(programme, earning.occurred_at), lost=lost)
    return replace(found, credit=0, credit_lines=()) if lost else found


def _from(programme: Programme, earned: Earned, at: datetime, *, lost: bool) -> Earned:
    return replace(earned, grants=tuple(_later(programme, grant, at, lost=lost) for grant in earned.grants))


def _later(programme: Programme, grant: Grant, at: datetime, *, lost: bool) -> Grant:
    if grant.active_at >= at and not lost:
        return grant
    active = max(grant.active_at, at)
    ends = expires_at(programme.point_type(grant.point).expiry, active, programme.zone)
    return replace(grant, active_at=active, expires_at=active if lost else ends)
