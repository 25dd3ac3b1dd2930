"""What may be asked of a member's points besides sales: joining, holds, adjustments, opening balances, clean-up.

A command that cannot be done is answered with a code and changes nothing; it is never an error of the turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from regulars.vocabulary import events
from regulars.vocabulary.events import Loyalty

from . import state
from .earning import birthday_in
from .expiry import expires_at
from .fold import Person, bonus, credits_of, review
from .ledger import Book, Short
from .paying import part_of
from .programme import Programme, Version, in_force
from .state import Hold, Lot, is_open
from .tiers import tier_at

STATUSES: Final = frozenset((state.ACTIVE, state.BLOCKED, state.LEFT, state.REPLACED))
INSUFFICIENT, BLOCKED, NOT_A_MEMBER = "insufficient_points", "member_blocked", "not_a_member"
UNKNOWN_HOLD, HOLD_EXPIRED, HOLD_ENDED = "unknown_hold", "hold_expired", "hold_ended"
UNKNOWN_POINT, IN_DEBT, TOO_FEW, BAD_STEP = "unknown_point", "in_debt", "below_minimum", "not_in_steps"
UNKNOWN_REWARD, OTHER_TIER = "unknown_reward", "other_tier"


class Command(Struct, frozen=True):
    """A logged command about one member."""

    type: str
    said: Loyalty
    member_id: str


class Done(Struct, frozen=True):
    """What became of it. `refused` is a code; `available` what there is to be had; `hold` the hold it was about."""

    refused: str | None = None
    available: int | None = None
    hold: Hold | None = None


class _Asked(Struct, frozen=True):
    """A command in its surroundings."""

    book: Book
    command: Command
    versions: Sequence[Version]
    person: Person
    version: Version
    point: str

    @property
    def programme(self) -> Programme:
        return self.version.programme


def command(book: Book, asked: Command, versions: Sequence[Version], person: Person) -> Done:
    """Do what a command asks; the books are settled first."""
    book.settle()
    book.close("settle")
    version = in_force(versions, book.now)
    if version is None:
        return Done("no_programme")
    point = asked.said.point or version.programme.point[0].code
    if not any(one.code == point for one in version.programme.point):
        return Done(UNKNOWN_POINT)
    if asked.type == events.SWEPT:
        return Done()  # the books were settled, and that was all
    return _DO[asked.type](_Asked(book, asked, versions, person, version, point))


def _enrol(asked: _Asked) -> Done:
    book, said, record_id = asked.book, asked.command.said, asked.command.member_id
    account = book.account(record_id)
    account.status = said.status if said.status in STATUSES else state.ACTIVE
    if account.status == state.LEFT:
        account.enrolled_at = None
        return Done()
    joins = asked.person.enrolled_at is None
    if account.enrolled_at is None or book.occurred_at < account.enrolled_at:
        account.enrolled_at = book.occurred_at
    if joins:
        person = Person(asked.person.profile_id, account.enrolled_at, asked.person.birth)
        bonus(
            book,
            "enrolment",
            record_id,
            book.new_id("enrolment", record_id, str(account.programme)),
            asked.versions,
            person,
        )
    return Done()


def _hold(asked: _Asked) -> Done:
    book, said = asked.book, asked.command.said
    reward = next((one for one in asked.programme.reward if one.code == said.reward), None)
    if said.reward is not None and reward is None:
        return Done(UNKNOWN_REWARD)
    point, amount = (reward.point, reward.points) if reward is not None else (asked.point, said.amount)
    why = _may_spend(asked, point, amount)
    if why is None and reward is not None and reward.tiers and _tier(asked) not in reward.tiers:
        why = OTHER_TIER
    if why is not None:
        return Done(why, max(0, book.available(point)))
    hold_id = book.new_id("hold", book.key)
    try:
        made = book.hold(hold_id, asked.command.member_id, point, amount, said.ttl_seconds, reward)
    except Short as short:
        return Done(INSUFFICIENT, max(0, short.available))
    return Done(hold=made)


def _tier(asked: _Asked) -> str:
    programme = asked.programme
    return tier_at(programme, credits_of(asked.book.member), programme.day_of(asked.book.now)).tier


def _may_spend(asked: _Asked, point: str, amount: int) -> str | None:
    """Why points may not be spent, None where they may."""
    rules = asked.programme.redeem
    if asked.person.enrolled_at is None:
        return NOT_A_MEMBER
    if asked.book.member.blocked:
        return BLOCKED
    if rules.blocked_in_debt and asked.book.member.debt(point):
        return IN_DEBT
    if amount < rules.minimum:
        return TOO_FEW
    return BAD_STEP if amount % rules.step else None


def _capture(asked: _Asked) -> Done:
    return _with_hold(
        asked, lambda hold: asked.book.capture(hold, part_of(hold, asked.command.said.amount or None))
    )


def _release(asked: _Asked) -> Done:
    return _with_hold(asked, asked.book.release)


def _with_hold(asked: _Asked, do: Callable[[Hold], None]) -> Done:
    """Do something with an open hold; what has ended stays as it ended (I9)."""
    book, said = asked.book, asked.command.said
    hold = book.member.holds.get(said.hold or "")
    if hold is None:
        return Done(UNKNOWN_HOLD)
    if not is_open(hold, book.now):
        return Done(HOLD_EXPIRED if hold.state == state.TIMED_OUT else HOLD_ENDED, hold=hold)
    if said.amount > hold.amount:
        return Done("above_hold", hold.amount, hold)
    do(hold)
    book.close("hold", reason=hold.words)
    return Done(hold=hold)


def _birthday(asked: _Asked) -> Done:
    """The gift of a birthday, once a year however often it is told; nothing on a day that is none."""
    day, born, member_id = asked.command.said.business_day, asked.person.birth, asked.command.member_id
    if day is None or born is None or birthday_in(day.year, born) != day:
        return Done("no_birthday")
    programme = str(asked.book.member.programme)
    key = asked.book.new_id("birthday", member_id, programme, str(day.year))
    bonus(asked.book, "birthday", member_id, key, asked.versions, asked.person)
    return Done()


def _review(asked: _Asked) -> Done:
    """Release or refuse points that were held back."""
    said = asked.command.said
    decided = state.RELEASED if said.status == state.RELEASED else state.REFUSED
    place = (said.earning or "", asked.command.member_id)
    return Done(review(asked.book, place, decided, asked.versions, asked.person))


def _adjust(asked: _Asked) -> Done:
    book, amount = asked.book, asked.command.said.amount
    if amount < 0:
        try:
            book.spend(asked.point, -amount, state.ADJUSTED)
        except Short as short:
            return Done(INSUFFICIENT, max(0, short.available))
    elif amount > 0:
        _come(asked, "adjusted", state.ADJUSTED)
    book.close("adjust")
    book.settle()
    book.close("settle")
    return Done()


def _open(asked: _Asked) -> Done:
    account = asked.book.account(asked.command.member_id)
    if account.enrolled_at is None:
        account.enrolled_at = asked.book.occurred_at
    if asked.command.said.amount > 0:
        _come(asked, "opened", state.OPENED)
    asked.book.close("open")
    asked.book.settle()
    asked.book.close("settle")
    return Done()


def _come(asked: _Asked, reason: str, source: str) -> None:
    """Points that no sale gave: a lot of their own, with the times told or those of the programme."""
    book, said = asked.book, asked.command.said
    kind = asked.programme.point_type(asked.point)
    active = said.active_from or book.occurred_at
    until = said.expires_at or expires_at(kind.expiry, active, asked.programme.zone)
    lot_id = book.new_id("lot", book.key, asked.command.member_id, asked.point)
    lot = Lot(
        lot_id,
        asked.command.member_id,
        book.member.programme,
        asked.point,
        reason,
        book.key,
        0,
        0,
        active,
        until,
    )
    book.account(lot.record_id)
    book.grant(lot, said.amount, source)


_DO: Final[dict[str, Callable[[_Asked], Done]]] = {
    events.ENROLLED: _enrol,
    events.HELD: _hold,
    events.CAPTURED: _capture,
    events.RELEASED: _release,
    events.ADJUSTED: _adjust,
    events.OPENED: _open,
    events.BIRTHDAY: _birthday,
    events.REVIEWED: _review,
}
