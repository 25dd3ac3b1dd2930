"""What a member's sales earn: a fold over them in business time, whatever order they came in.

A sale after all others is added to what is known. Anything else (a late sale, a changed or voided one, goods that
came back before later sales) counts the member's history anew, and the difference is posted. The version of a
programme that a sale was counted by stays with it, since versions hold from a time on and never change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct, field

from regulars.vocabulary.events import Spend

from . import state
from .earning import Earned, Standing, earn, earn_for, usage_of
from .ledger import Book
from .programme import Programme, Version, in_force
from .purchase import Purchase, burned, with_kinds
from .returning import Share, SoldLine, match, sold_lines, take_back
from .state import Earning, Hold, Lot, Member, Posted, Return, is_open
from .terms import Bonus, EarnRule, Multiplier
from .tiers import tier_at

MARK = "\x1f"
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


class Person(Struct, frozen=True):
    """Who the member is, as rules ask. `enrolled_at` is None for who takes no part."""

    profile_id: str
    enrolled_at: datetime | None = None
    birth: tuple[int, int] | None = None


class Fact(Struct, frozen=True):
    """What an event changed of a sale that counts on a record. `purchase` is None where it is as it was told before.

    `returns`: those that changed, None for one that does not count any more. `at`: when the change was, in business
    time. `loose`: it is a return that names no sale.
    """

    key: str
    record_id: str
    occurred_at: datetime
    counted: bool
    purchase: Purchase | None = None
    loose: bool = False
    returns: Mapping[str, Return | None] = field(default_factory=dict)
    at: datetime | None = None

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
) -> str | None:
    """Count what changed of a member's sales. Returns the code of a spend that could not be, None when all is well."""
    member = book.member
    if person.enrolled_at is None and not any((f.key, f.record_id) in member.earnings for f in facts):
        return None
    book.settle()
    book.close("settle")
    _spend_unheld(book, facts[-1], spends, versions, person)
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
    book.close("sale", touched[-1].version)
    book.settle()
    refused = _spend(book, facts[-1].key, spends)
    for fact, earning in zip(facts, touched, strict=True):
        _return_spent(book, fact.key, earning, versions)
    book.close("spend")
    return refused


def bonus(
    book: Book, kind: str, record_id: str, key: str, versions: Sequence[Version], person: Person
) -> None:
    """Count an event that is no sale: enrolment, review, referral, custom.NAME. It is added where it stands in time."""
    member = book.member
    if person.enrolled_at is None or (key, record_id) in member.earnings:
        return
    version = in_force(versions, book.occurred_at)
    if version is None or not any(one.on == kind for one in version.programme.bonus):
        return
    earning = Earning(key, record_id, member.programme, book.occurred_at, bonus=kind)
    member.earnings[key, record_id] = earning
    fold = _Fold(book, versions, person)
    fold.earn(earning)
    fold.post()
    book.close("bonus", earning.version)
    book.settle()
    book.close("spend")


def count(book: Book, versions: Sequence[Version], person: Person) -> None:
    """Count a member's earnings on top of what the accounts hold, as a turn would, and post nothing."""
    _Fold(book, versions, person).in_order()


def kept(earning: Earning, posted: Posted) -> int:
    """Points of a grant that no return has taken back."""
    return posted.points - _taken(earning, posted)


class _Fold:
    def __init__(self, book: Book, versions: Sequence[Version], person: Person) -> None:
        self._book, self._member = book, book.member
        self._versions, self._person = versions, person
        self._touched: dict[tuple[str, str], Earning] = {}

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
        earned = Earned()
        if version is not None and earning.counted:
            earning.version = version.number
            earned = self._earned(earning, version.programme)
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

    def _earned(self, earning: Earning, programme: Programme) -> Earned:
        standing = self._standing(earning, programme)
        earning.tier = standing.tier
        if earning.bonus is not None:
            return earn_for(programme, earning.bonus, earning.occurred_at, standing)
        if earning.purchase is None:
            return Earned()
        return earn(programme, with_kinds(earning.purchase, programme.kinds), standing)

    def _standing(self, earning: Earning, programme: Programme) -> Standing:
        accounts = self._member.accounts.values()
        used: dict[tuple[str, str], int] = defaultdict(int)
        for account in accounts:
            for name, points in account.used.items():
                rule, _, period = name.partition(MARK)
                used[rule, period] += points
        tier = ""
        if asks_for_tiers(programme):
            tier = tier_at(programme, credits_of(self._member), programme.day_of(earning.occurred_at)).tier
        first = not any(account.first_at is not None for account in accounts)
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
        sold = _sold(earning, earning.back)
        coming = match(sold, back.lines).lines
        version = in_force(self._versions, earning.occurred_at)
        at = max(back.occurred_at, earning.occurred_at)
        if version is not None:
            programme = version.programme
            account = self._book.account(earning.record_id)
            gone = sum(_share_back(earning.credit, sold, earning.back, coming).values())
            _count(account.credits, programme.day_of(at).isoformat(), -gone)
            for posted in earning.posted:
                points = sum(_share_back(posted.lines, sold, earning.back, coming).values())
                for (rule, period), less in usage_of(
                    programme, posted.rule, earning.occurred_at, points
                ).items():
                    _count(account.used, f"{rule}{MARK}{period}", -less)
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

    def _give(self, earning: Earning, posted: Posted) -> None:
        lot = self._lot(earning, posted)
        undone = posted.taken - _taken(earning, posted)
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
        back = _taken(earning, posted) - posted.taken
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


def asks_for_tiers(programme: Programme) -> bool:
    """Whether what a sale earns depends on the member's tier."""
    rules: list[EarnRule | Multiplier | Bonus] = [*programme.earn, *programme.multiplier, *programme.bonus]
    return any(rule.where.tiers for rule in rules)


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


def _sold(earning: Earning, returned: Mapping[str, int]) -> list[SoldLine]:
    assert earning.purchase is not None, "the caller looked"
    return sold_lines(earning.purchase, returned)


def _share_back(
    lines: Iterable[tuple[str, int]],
    sold: Iterable[SoldLine],
    back: Mapping[str, int],
    coming: Mapping[str, int],
) -> dict[str, int]:
    """What of shares by line goes back with what comes now, after what came before."""
    bought = {line.line_id: line.quantity_micro for line in sold}
    shares = [
        Share(name, points, points * back.get(name, 0) // bought[name], bought[name], back.get(name, 0))
        for name, points in lines
        if name in bought
    ]
    return take_back(shares, coming)


def _taken(earning: Earning, posted: Posted) -> int:
    """Points of a grant that returns have taken back by now."""
    if earning.purchase is None or not earning.back or posted.points <= 0:
        return 0
    return sum(_share_back(posted.lines, _sold(earning, {}), {}, earning.back).values())


def _spend(book: Book, sale_id: str, spends: Sequence[Spend]) -> str | None:
    """Capture the holds a sale names (H1). One that is over is refused (H2); the others are captured."""
    refused = None
    for spend in spends:
        if spend.hold is None:
            continue
        hold = book.member.holds.get(spend.hold)
        if hold is None:
            refused = "unknown_hold"
        elif hold.state == state.CAPTURED and hold.sale_id == sale_id:
            continue  # told again
        elif spend.late and hold.state == state.TIMED_OUT and book.occurred_at < hold.expires_at:
            _spend_late(book, hold, sale_id)
        elif not is_open(hold, book.now):
            refused = "hold_expired" if hold.state == state.TIMED_OUT else "hold_ended"
        else:
            amount = hold.amount if spend.amount is None else min(spend.amount, hold.amount)
            book.capture(hold, amount, sale_id)
    return refused


def _spend_late(book: Book, hold: Hold, sale_id: str) -> None:
    """Points of a hold that ended before its sale was heard of: what the member has of them, and the rest is the shop's."""
    hold_id = book.new_id("late", hold.hold_id)
    if hold_id not in book.member.holds:  # else it is told again
        book.spend_unheld(hold_id, hold.record_id, hold.point, hold.amount, hold.amount, sale_id)


def _spend_unheld(
    book: Book, fact: Fact, spends: Sequence[Spend], versions: Sequence[Version], person: Person
) -> None:
    """Take what a till let be spent without a hold, before the sale gives anything.

    Of who may not spend nothing is taken, and then all is the shop's.
    """
    version = in_force(versions, book.now)
    unheld = [spend for spend in spends if spend.hold is None and spend.amount]
    if version is None or not unheld:
        return
    for spend in unheld:
        point = spend.point or version.programme.point[0].code
        hold_id = book.new_id("unheld", fact.key, str(book.member.programme), point)
        if hold_id not in book.member.holds:  # else it is told again
            limit = 0 if book.member.blocked or person.enrolled_at is None else spend.limit
            book.spend_unheld(hold_id, fact.record_id, point, spend.amount or 0, limit, fact.key)
    book.close("spend")


def _return_spent(book: Book, sale_id: str, earning: Earning, versions: Sequence[Version]) -> None:
    """Points a sale was paid with come back with its goods (R6), and all of them when it does not count any more."""
    purchase, version = earning.purchase, in_force(versions, earning.occurred_at)
    if purchase is None or version is None:
        return
    grace = timedelta(days=version.programme.redeem.return_grace_days)
    for hold in _spent_on(book.member, sale_id):
        due = hold.captured
        if earning.counted:
            shares = burned(purchase, hold.captured).items()
            due = sum(_share_back(shares, _sold(earning, {}), {}, earning.back).values())
        if due > hold.returned:
            book.give_back(hold, due - hold.returned, grace)


def _spent_on(member: Member, sale_id: str) -> Iterator[Hold]:
    for hold_id in sorted(member.holds):
        hold = member.holds[hold_id]
        if hold.state == state.CAPTURED and hold.sale_id == sale_id and hold.captured:
            yield hold
