"""What a member's sales earn: a fold over them in business time, whatever order they came in.

A sale after all others is added to what is known. Anything else (a late sale, a changed or voided one, goods that
came back before later sales) counts the member's history anew, and the difference is posted. The version of a
programme that a sale was counted by stays with it, since versions hold from a time on and never change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.vocabulary.events import Spend

from . import state
from .earning import MARK, Earned, Standing, earn, earn_for, usage_of
from .ledger import Book
from .once import earnings_of_twice
from .paying import (
    keep_from_refund,
    owe_again,
    owed_by,
    return_spent,
    share_back,
    sold_of,
    spend_held,
    spend_unheld,
    taken_of,
)
from .programme import Programme, Version, in_force
from .purchase import Purchase, with_kinds
from .returning import match
from .state import Earning, Lot, Member, Posted, Return
from .tiers import tier_at
from .upgrading import earn_in_basket
from .watching import as_decided, ask_for, counts, given_back, uses_name, waits_now, why

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


class Person(Struct, frozen=True):
    """Who the member is, as rules ask. `enrolled_at` is None for who takes no part."""

    profile_id: str
    enrolled_at: datetime | None = None
    birth: tuple[int, int] | None = None


class Fact(Struct, frozen=True):
    """What an event changed of a sale that counts on a record. `purchase` is None where it is as it was told before.

    `returns`: those that changed, None for one that does not count any more. `at`: when the change was, in business
    time. `loose`: it is a return that names no sale. `seen`: what is suspicious about it, as `watching` names it.
    """

    key: str
    record_id: str
    occurred_at: datetime
    counted: bool
    purchase: Purchase | None = None
    loose: bool = False
    returns: Mapping[str, Return | None] = field(default_factory=dict)
    at: datetime | None = None
    seen: Sequence[str] = ()

    @property
    def when(self) -> datetime:
        """When the change was."""
        return self.at or self.occurred_at


def appends(member: Member, facts: Iterable[Fact]) -> bool:
    """Whether facts, in this order, only add to the end of what the member's accounts have counted."""
    last = max((a.last_at for a in member.accounts.values() if a.last_at is not None), default=EARLIEST)
    for fact in facts:
        known = member.earnings.get((fact.key, fact.record_id))
        only_back = known is not None and fact.purchase is None and fact.counted == known.counted
        adds = only_back and all(back is not None for back in fact.returns.values())
        if fact.when <= last or not (known is None or adds):
            return False
        last = fact.when
    return True


def take(
    book: Book,
    facts: Sequence[Fact],
    versions: Sequence[Version],
    person: Person,
    *,
    spends: Sequence[Spend] = (),
    recovers_minor: int = 0,
) -> str | None:
    """Count what changed of a member's sales. `recovers_minor`: the money of a refund. Returns the code of a spend that could not be, None when all is well."""
    member = book.member
    if person.enrolled_at is None and not any((f.key, f.record_id) in member.earnings for f in facts):
        return None
    book.settle()
    book.close("settle")
    last, owed = facts[-1], owed_by(book, versions)
    spend_unheld(book, last.key, last.record_id, spends, versions, may=person.enrolled_at is not None)
    added = appends(member, facts)
    fold = _Fold(book, versions, person)
    touched = [fold.note(fact) for fact in facts]
    if added:
        for fact, earning in zip(facts, touched, strict=True):
            fold.add(fact, earning)
    else:
        assert member.whole, "the history was loaded for a change of it"
        fold.anew()
    fold.post()
    for fact, earning in zip(facts, touched, strict=True):
        owe_again(book, earning, (name for name, back in fact.returns.items() if back is None))
    book.waits = waits_now(touched[-1], versions, book.now)
    book.close("sale", touched[-1].version)
    book.settle()
    refused = spend_held(book, facts[-1].key, spends)
    for fact, earning in zip(facts, touched, strict=True):
        return_spent(book, fact.key, earning, versions)
    book.close("spend")
    for name, back in last.returns.items() if recovers_minor else ():
        if back is not None:
            keep_from_refund(book, touched[-1], name, recovers_minor, versions, owed)
    return refused


def bonus(
    book: Book,
    kind: str,
    record_id: str,
    key: str,
    versions: Sequence[Version],
    person: Person,
    *,
    seen: Sequence[str] = (),
) -> None:
    """Count an event that is no sale: enrolment, review, referral, custom.NAME. It is added where it stands in time."""
    member = book.member
    if person.enrolled_at is None or (key, record_id) in member.earnings:
        return
    version = in_force(versions, book.occurred_at)
    if version is None or not any(one.on == kind for one in version.programme.bonus):
        return
    earning = Earning(key, record_id, member.programme, book.occurred_at, bonus=kind, seen=list(seen))
    member.earnings[key, record_id] = earning
    fold = _Fold(book, versions, person)
    fold.earn(earning)
    fold.post()
    book.waits = waits_now(earning, versions, book.now)
    book.close("bonus", earning.version)
    book.settle()
    book.close("spend")


def review(
    book: Book, place: tuple[str, str], decided: str, versions: Sequence[Version], person: Person
) -> str | None:
    """Release or refuse what waits. Returns the code of why that could not be; None when it was done.

    The history is counted anew, since what is refused gives no credit either.
    """
    earning = book.member.earnings.get(place)
    if earning is None or not waits_now(earning, versions, book.now):
        return "not_waiting"
    assert book.member.whole, "the history was loaded for a change of it"
    earning.decided, earning.decided_at = decided, book.now
    fold = _Fold(book, versions, person)
    fold.anew()
    fold.post()
    book.close("review", earning.version)
    book.settle()
    book.close("spend")
    return None


def count(book: Book, versions: Sequence[Version], person: Person) -> None:
    """Count a member's earnings on top of what the accounts hold, as a turn would, and post nothing."""
    _Fold(book, versions, person).in_order()


def kept(earning: Earning, posted: Posted) -> int:
    """Points of a grant that no return has taken back."""
    return posted.points - taken_of(earning, posted)


class _Fold:
    def __init__(self, book: Book, versions: Sequence[Version], person: Person) -> None:
        self._book, self._member = book, book.member
        self._versions, self._person = versions, person
        self._touched: dict[tuple[str, str], Earning] = {}
        self._looked: set[tuple[str, str]] = set()
        self._twice: dict[tuple[str, str], set[tuple[str, str]]] = {}

    # -- taking facts in --------------------------------------------------------------------------

    def note(self, fact: Fact) -> Earning:
        """Write down what a fact says of its sale."""
        place = (fact.key, fact.record_id)
        earning = self._member.earnings.get(place)
        if earning is None:
            earning = Earning(
                fact.key, fact.record_id, self._member.programme, fact.occurred_at, loose=fact.loose
            )
            self._member.earnings[place] = earning
        earning.counted = fact.counted
        if fact.purchase is not None:
            earning.purchase, earning.occurred_at = fact.purchase, fact.occurred_at
            earning.seen = list(fact.seen)
        if fact.returns:
            left = {back.return_id: back for back in earning.returns if back.return_id not in fact.returns}
            left.update((name, back) for name, back in fact.returns.items() if back is not None)
            earning.returns = sorted(left.values(), key=lambda back: (back.occurred_at, back.return_id))
        self._touch(earning)
        return earning

    def _touch(self, earning: Earning) -> None:
        self._touched[earning.key, earning.record_id] = earning

    # -- folding ----------------------------------------------------------------------------------

    def add(self, fact: Fact, earning: Earning) -> None:
        """Count what came after everything else."""
        if not fact.returns:
            self.earn(earning)
        for name in sorted(fact.returns):
            back = fact.returns[name]
            if back is not None:
                self._back(earning, back)

    def anew(self) -> None:
        """Count the whole history, in order."""
        self._twice = earnings_of_twice(self._member, self._versions)
        for account in self._member.accounts.values():
            account.credits, account.used, account.first_at, account.last_at = {}, {}, None, None
            self._book.accounts.add(account.record_id)
        self.in_order()

    def in_order(self) -> None:
        """Count all earnings on top of what the accounts hold."""
        stream: list[tuple[datetime, str, Earning, Return | None]] = []
        for earning in self._member.earnings.values():
            stream.append((earning.occurred_at, earning.key, earning, None))
            stream += [(back.occurred_at, back.return_id, earning, back) for back in earning.returns]
        # A return that was told of before its sale is counted right after it.
        stream.sort(key=lambda item: (max(item[0], item[2].occurred_at), item[3] is not None, item[1]))
        for _, _, earning, back in stream:
            if back is None:
                self.earn(earning)
            elif earning.counted:
                self._back(earning, back)

    def earn(self, earning: Earning) -> None:
        """What one sale or event earns, by the rules of its time and what was counted before it."""
        self._touch(earning)
        earning.back = {}
        version = in_force(self._versions, earning.occurred_at)
        earned, waited, earning.waits = Earned(), earning.waits, ""
        if version is not None and earning.counted:
            earning.version = version.number
            earned = self._looked_at(earning, version.programme)
        if waited or earning.waits:
            self._looked.add((earning.key, earning.record_id))
        sign = -1 if earning.loose else 1
        self._write_down(earning, earned, sign)
        account = self._book.account(earning.record_id)
        if version is not None and earning.counted:
            day = version.programme.day_of(earning.occurred_at).isoformat()
            _count(account.credits, day, sign * earned.credit)
            for (rule, period), points in earned.usage.items():
                _count(account.used, f"{rule}{MARK}{period}", 0 if earning.loose else points)
        if earning.counted:
            self._reach(account.record_id, earning.occurred_at, bought=earning.purchase is not None)

    def _looked_at(self, earning: Earning, programme: Programme) -> Earned:
        """What it earns, as far as nobody has to look at it first."""
        standing = self._standing(earning, programme)
        earned, day = self._earned(earning, programme, standing), programme.day_of(earning.occurred_at)
        if programme.limits.beyond != "wait" or earning.loose:
            return earned
        counted = counts(programme, earned, day, bought=earning.purchase is not None)
        uses = self._book.account(earning.record_id).used.get(MARK.join(uses_name(day)), 0)
        earning.waits = why(programme, earned, counted, used=standing.used, uses=uses, seen=earning.seen)
        found = as_decided(programme, earning, earned)
        # What was refused takes no room from what comes after it, but the card was used.
        counted = {name: n for name, n in counted.items() if found.grants or name == uses_name(day)}
        return replace(found, usage=found.usage | counted)

    def _earned(self, earning: Earning, programme: Programme, standing: Standing) -> Earned:
        earning.tier = standing.tier
        if earning.bonus is not None:
            return earn_for(programme, earning.bonus, earning.occurred_at, standing)
        if earning.purchase is None:
            return Earned()
        purchase = with_kinds(earning.purchase, programme.kinds)
        if earning.loose or not programme.asks_for_tiers:
            return earn(programme, purchase, standing)
        return earn_in_basket(programme, purchase, standing, credits_of(self._member))

    def _standing(self, earning: Earning, programme: Programme) -> Standing:
        accounts = self._member.accounts.values()
        used: dict[tuple[str, str], int] = defaultdict(int)
        for account in accounts:
            for name, points in account.used.items():
                rule, _, period = name.partition(MARK)
                used[rule, period] += points
        place, firsts = (
            (earning.key, earning.record_id),
            {b.id for b in programme.bonus if b.on == "first_purchase"},
        )
        for (rule, period), places in self._twice.items():
            used[rule, period] = 0 if place in places else max(1, used[rule, period])
        both = any(place in places for (rule, _), places in self._twice.items() if rule in firsts)
        tier = ""
        if programme.asks_for_tiers:
            tier = tier_at(programme, credits_of(self._member), programme.day_of(earning.occurred_at)).tier
        first = both or not any(account.first_at is not None for account in accounts)
        return Standing(tier, self._person.enrolled_at, self._person.birth, first and not earning.loose, used)

    def _reach(self, record_id: str, at: datetime, *, bought: bool) -> None:
        account = self._book.account(record_id)
        if account.last_at is None or account.last_at < at:
            account.last_at = at
        if bought and (account.first_at is None or at < account.first_at):
            account.first_at = at

    def _write_down(self, earning: Earning, earned: Earned, sign: int) -> None:
        """Keep what is earned now beside what was posted for it before."""
        before = {(posted.rule, posted.point): posted for posted in earning.posted}
        earning.credit = list(earned.credit_lines)
        earning.posted = []
        for grant in earned.grants:
            old = before.pop((grant.rule, grant.point), None)
            lot_id = (
                old.lot_id
                if old is not None
                else self._book.new_id(
                    "lot", earning.key, earning.record_id, str(earning.programme), grant.rule, grant.point
                )
            )
            fresh = Posted(
                grant.rule,
                grant.point,
                lot_id,
                sign * grant.points,
                list(grant.lines),
                grant.active_at,
                grant.expires_at,
            )
            if old is not None:
                fresh.given, fresh.taken = old.given, old.taken
            earning.posted.append(fresh)
        for old in before.values():
            if old.given or old.taken:  # what no rule gives any more is taken out of the books below
                old.points, old.lines = 0, []
                earning.posted.append(old)

    def _back(self, earning: Earning, back: Return) -> None:
        """Goods of a sale came back: its tier credit, and what caps count, go back with them."""
        self._touch(earning)
        if earning.purchase is None:
            return
        sold = sold_of(earning, earning.back)
        coming = match(sold, back.lines).lines
        version = in_force(self._versions, earning.occurred_at)
        at = max(back.occurred_at, earning.occurred_at)
        if version is not None:
            programme = version.programme
            account = self._book.account(earning.record_id)
            gone = sum(share_back(earning.credit, sold, earning.back, coming).values())
            _count(account.credits, programme.day_of(at).isoformat(), -gone)
            for posted in earning.posted:
                points = sum(share_back(posted.lines, sold, earning.back, coming).values())
                less = usage_of(programme, posted.rule, earning.occurred_at, points)
                less |= given_back(programme, posted.point, earning.occurred_at, points)
                for (rule, period), one in less.items():
                    _count(account.used, f"{rule}{MARK}{period}", -one)
        for name, micro in coming.items():
            earning.back[name] = earning.back.get(name, 0) + micro
        self._reach(earning.record_id, at, bought=False)

    # -- posting ----------------------------------------------------------------------------------

    def post(self) -> None:
        """Bring the books to what the fold found: what is to be given first, then what is to be taken."""
        for place in sorted(self._touched):
            earning = self._touched[place]
            self._book.earnings.add(place)
            for posted in earning.posted:
                self._give(earning, posted)
        for place in sorted(self._touched):
            earning = self._touched[place]
            for posted in earning.posted:
                self._take(earning, posted)
            if place in self._looked or earning.waits:
                ask_for(self._book, earning, self._versions)

    def _give(self, earning: Earning, posted: Posted) -> None:
        lot = self._lot(earning, posted)
        undone = posted.taken - taken_of(earning, posted)
        if undone > 0:
            self._book.grant(lot, undone, state.CLAWBACK)
            posted.taken -= undone
        more = posted.points - posted.given
        if more > 0:
            self._book.grant(lot, more)
            posted.given += more

    def _take(self, earning: Earning, posted: Posted) -> None:
        lot, policy = self._lot(earning, posted), self._policy(earning)
        less = posted.given - posted.points
        if less > 0:
            self._from(lot, less, state.ISSUED, policy)
            posted.given -= less
        back = taken_of(earning, posted) - posted.taken
        if back > 0:
            self._from(lot, back, state.CLAWBACK, policy)
            posted.taken += back

    def _from(self, lot: Lot, amount: int, to: str, policy: str) -> None:
        """Take points back as far as the programme goes (R4)."""
        if policy == "only_pending" and lot.active_from <= self._book.now:
            return
        self._book.take_back(lot, amount, to, others=policy != "only_pending", debt=policy == "unlimited")

    def _policy(self, earning: Earning) -> str:
        version = in_force(self._versions, earning.occurred_at)
        return version.programme.debt.policy if version is not None else "unlimited"

    def _lot(self, earning: Earning, posted: Posted) -> Lot:
        lot = self._member.lots.get(posted.lot_id)
        if lot is None:
            reason = "sale" if earning.bonus is None else "bonus"
            return Lot(
                posted.lot_id,
                earning.record_id,
                earning.programme,
                posted.point,
                reason,
                earning.key,
                0,
                0,
                posted.active_at,
                posted.expires_at,
            )
        if (lot.active_from, lot.expires_at) != (posted.active_at, posted.expires_at):
            lot.active_from, lot.expires_at = posted.active_at, posted.expires_at
            self._book.lots.add(lot.lot_id)
        return lot


def credits_of(member: Member) -> list[tuple[date, int]]:
    """The tier credit of all its records by day, in order."""
    days: dict[str, int] = defaultdict(int)
    for account in member.accounts.values():
        for day, credit in account.credits.items():
            days[day] += credit
    return [(date.fromisoformat(day), credit) for day, credit in sorted(days.items())]


def _count(table: dict[str, int], key: str, amount: int) -> None:
    """Add to an entry; one that comes to nothing goes, so that equal histories count alike."""
    total = table.get(key, 0) + amount
    if total:
        table[key] = total
    else:
        table.pop(key, None)
