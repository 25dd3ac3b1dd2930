"""A shop's points under everything that can happen to them, against a model that moves them one by one."""

from __future__ import annotations

import copy
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from regulars.capabilities.loyalty import commands
from regulars.capabilities.loyalty.commands import Command, Done, command
from regulars.capabilities.loyalty.fold import EARLIEST, Fact, Person, appends, take
from regulars.capabilities.loyalty.ledger import Book, by_expiry, faults
from regulars.capabilities.loyalty.programme import Version, parse
from regulars.capabilities.loyalty.purchase import Purchase, PurchaseLine
from regulars.capabilities.loyalty.returning import BackLine
from regulars.capabilities.loyalty.state import (
    Account,
    Ask,
    Earning,
    Entry,
    Hold,
    Lot,
    Member,
    Rest,
    Return,
)
from regulars.capabilities.loyalty.watching import OWN_CARD
from regulars.capabilities.profile.state import MICRO
from regulars.vocabulary import events
from regulars.vocabulary.events import Loyalty, Spend
from tests.core.points_oracle import GONE, HELD, Token, TokenHold, Tokens

TEXT = """
name = "Club"
time_zone = "UTC"
[members]
who = "known"
[currencies]
GBP = { per_minor = 100 }
[[point]]
code = "points"
name = "Points"
pending_days = 1
expiry = { policy = "days", days = 5 }
value = { GBP = { minor = 2, points = 1 } }
[[earn]]
id = "base"
point = "points"
[debt]
recover_from_refund = true
[limits]
beyond = "wait"
own_card = true
review_days = 2
"""
VERSIONS = [Version(1, EARLIEST, parse(TEXT))]
START = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
RECORDS = ("a", "b", "c")
AHEAD = 1
"""Lots of a record that a step loads at first."""
UNITS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=3)
"""(units, points a unit) of the lines of a sale."""


def new_id(*parts: str) -> str:
    return "/".join(parts)


class Shop(RuleBasedStateMachine):
    """`stored` is what a database would hold; a command works on copies, so that a crash leaves nothing behind."""

    sales: Bundle[str] = Bundle("sales")
    holds: Bundle[str] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.number = 0
        self.profiles = {record: record for record in RECORDS}
        self.accounts: dict[str, Account] = {}
        self.lots: dict[str, Lot] = {}
        self.kept: dict[str, Hold] = {}
        self.earnings: dict[tuple[str, str], Earning] = {}
        self.entries: list[tuple[datetime, Entry]] = []
        self.ended: dict[str, str] = {}
        self.told: dict[str, tuple[str, Purchase, list[tuple[int, int]], dict[str, int], bool]] = {}
        self.oracle = Tokens(self.profiles)
        self.balances: list[tuple[int, int]] = []
        self.waiting: dict[str, datetime] = {}
        self.asked: dict[str, Ask | None] = {}

    # -- the world around the rules ---------------------------------------------------------------

    def key(self) -> str:
        self.number += 1
        return f"e{self.number:04}"

    def load(self, record: str, key: str, *, ahead: int | None = None, sale: str = "") -> tuple[Book, Person]:
        """All of a member, or of the lots only those that are spent next, `ahead` many of each record."""
        profile = self.profiles[record]
        records = {one for one, of in self.profiles.items() if of == profile}
        holds = {name: hold for name, hold in self.kept.items() if hold.record_id in records}
        reserved = {taken.lot_id for hold in holds.values() for taken in hold.lots}
        member = Member(
            1,
            records,
            {one: self.accounts[one] for one in records if one in self.accounts},
            {name: lot for name, lot in self.lots.items() if lot.record_id in records or name in reserved},
            holds,
            {place: earning for place, earning in self.earnings.items() if place[1] in records},
            whole=True,
        )
        if ahead is not None:
            self.leave_out(member, ahead, reserved, sale)
        book = Book(
            copy.deepcopy(member), now=self.now, occurred_at=self.now, key=key, new_id=new_id, actor="till"
        )
        return book, Person(profile, EARLIEST)

    def leave_out(self, member: Member, ahead: int, reserved: set[str], sale: str) -> None:
        """Of lots that are spent later only what they come to, as a turn loads them."""
        rests = []
        for record in member.records:
            good = [
                lot
                for lot in member.lots.values()
                if lot.record_id == record and lot.remaining and lot.spendable(self.now)
            ]
            ordered = sorted(good, key=by_expiry)
            later = [lot for lot in ordered[ahead:] if lot.lot_id not in reserved and lot.origin != sale]
            for lot in later:
                del member.lots[lot.lot_id]
            if later:
                after = by_expiry(ordered[ahead - 1])
                rests.append(Rest(sum(one.remaining for one in later), sum(one.held for one in later), after))
        member.whole = False
        if rests:
            member.rest["points"] = Rest(
                sum(one.remaining for one in rests),
                sum(one.held for one in rests),
                min(one.after for one in rests),
            )

    def commit(self, book: Book) -> None:
        member = book.member
        self.accounts.update({one: member.accounts[one] for one in book.accounts})
        self.lots.update({one: member.lots[one] for one in book.lots})
        self.kept.update({one: member.holds[one] for one in book.holds})
        self.earnings.update({place: member.earnings[place] for place in book.earnings})
        self.asked.update(book.asks)
        for transaction in book.transactions:
            assert transaction.entries, "I1: a transaction has entries"
            for entry in transaction.entries:
                assert entry.amount > 0
                assert entry.debit != entry.credit, "I1: each entry sums to zero"
                self.entries.append((self.now, entry))
        assert not book._entries, "everything posted belongs to a transaction"

    def run(self, record: str, type_: str, **values: Any) -> Done:
        key = self.key()
        asked = Command(type_, Loyalty(member=record, **values), record)
        crashed, person = self.load(record, key)
        command(crashed, asked, VERSIONS, person)  # and the machine stops before the commit
        book, person = self.load(record, key, ahead=None if type_ == events.REVIEWED else AHEAD)
        done = command(book, asked, VERSIONS, person)
        if book.member.dry:  # more lots were needed
            book, person = self.load(record, key)
            done = command(book, asked, VERSIONS, person)
        self.commit(book)
        self.oracle.settle(self.profiles[record], self.now)
        return done

    def fact(self, fact: Fact, spends: list[Spend] | None = None, kept: int = 0) -> str | None:
        key = self.key()
        book, person = self.load(fact.record_id, key)
        if appends(book.member, [fact]):
            book, person = self.load(fact.record_id, key, ahead=AHEAD, sale=fact.key)
        refused = take(book, [fact], VERSIONS, person, spends=spends or (), recovers_minor=kept)
        if book.member.dry:
            book, person = self.load(fact.record_id, key)
            refused = take(book, [fact], VERSIONS, person, spends=spends or (), recovers_minor=kept)
        self.commit(book)
        return refused

    # -- what happens -----------------------------------------------------------------------------

    @rule(
        target=sales,
        record=st.sampled_from(RECORDS),
        units=UNITS,
        late=st.integers(0, 100),
        own=st.booleans(),
    )
    def sell(self, record: str, units: list[tuple[int, int]], late: int, own: bool) -> str:
        """A sale, perhaps told hours later than it was, and perhaps of a cashier to themselves (F3)."""
        sale_id, at = self.key(), self.now - timedelta(hours=late)
        lines = tuple(
            PurchaseLine(f"l{n}", count * points * 100, quantity_micro=count * MICRO)
            for n, (count, points) in enumerate(units)
        )
        purchase = Purchase(sale_id, at, "GBP", lines)
        self.told[sale_id] = (record, purchase, units, {}, True)
        profile = self.profiles[record]
        self.oracle.settle(profile, self.now)
        seen = (OWN_CARD,) if own else ()
        self.fact(Fact(sale_id, record, at, counted=True, purchase=purchase, seen=seen))
        lot = new_id("lot", sale_id, record, "base", "points")
        active = at + timedelta(days=2 if own else 1)
        if own and active > self.now:
            self.waiting[sale_id] = active
        end = datetime.combine(active.date() + timedelta(days=6), datetime.min.time(), UTC)
        for n, (count, points) in enumerate(units):
            self.oracle.tokens += [Token(record, lot, f"l{n}", active, end) for _ in range(count * points)]
        self.oracle.settle(profile, self.now)
        return sale_id

    @rule(sale_id=sales, line=st.integers(0, 2), count=st.integers(1, 3), kept=st.sampled_from((0, 7, 10**6)))
    def refund(self, sale_id: str, line: int, count: int, kept: int) -> None:
        """Units of a line come back; those that are not left do not (R2, R3, R12).

        So much of the money is `kept` for points that were spent already, at two minor units each (R5).
        """
        record, purchase, units, back, there = self.told[sale_id]
        if not there or line >= len(units):
            return
        name, (bought, points) = f"l{line}", units[line]
        self.oracle.settle(self.profiles[record], self.now)
        came = min(count, bought - back.get(name, 0))
        lines = [BackLine(name, quantity_micro=count * MICRO)]
        returned = Return(self.key(), self.now, lines)
        fact = Fact(
            sale_id,
            record,
            purchase.occurred_at,
            counted=True,
            returns={returned.return_id: returned},
            at=self.now,
        )
        owed = sum(self.oracle._debts(self.profiles[record]).values())
        self.fact(fact, kept=kept)
        self.fact(fact, kept=kept)  # told twice (complaint 1)
        back[name] = back.get(name, 0) + came
        lot = new_id("lot", sale_id, record, "base", "points")
        if came:
            self.oracle.take_back(record, lot, name, came * points, self.now)
        self.oracle.settle(self.profiles[record], self.now)
        more = sum(self.oracle._debts(self.profiles[record]).values()) - owed
        paid = max(0, min(more, self.oracle.debts.get(record, 0), kept // 2))
        if paid:
            self.oracle.debts[record] -= paid
        assert sum(
            one.minor for one in self.earnings[sale_id, record].recovered.get(returned.return_id, ())
        ) == (2 * paid)

    @rule(sale_id=sales, release=st.booleans())
    def review(self, sale_id: str, release: bool) -> None:
        """A person lets the points of a sale go that wait, or refuses them; once, and in time (F3)."""
        record, purchase, units, back, there = self.told[sale_id]
        open_ = there and self.waiting.get(sale_id, self.now) > self.now
        done = self.run(record, events.REVIEWED, earning=sale_id, status="released" if release else "refused")
        assert done.refused == (None if open_ else "not_waiting")
        if not open_:
            return
        del self.waiting[sale_id]
        lot = new_id("lot", sale_id, record, "base", "points")
        if release:
            active = max(purchase.occurred_at + timedelta(days=1), self.now)
            end = datetime.combine(active.date() + timedelta(days=6), datetime.min.time(), UTC)
            for token in self.oracle.tokens:
                if token.lot == lot:
                    token.active, token.expires = active, end
        else:
            for token in self.oracle.tokens:
                if token.lot == lot:
                    token.fate = GONE
            self.told[sale_id] = (record, purchase, units, back, False)
        self.oracle.settle(self.profiles[record], self.now)

    @rule(sale_id=consumes(sales))
    def void(self, sale_id: str) -> None:
        """A sale is taken out: what it gave and has not gone back goes back (R1)."""
        record, purchase, units, back, there = self.told[sale_id]
        if not there:
            return
        left = sum((count - back.get(f"l{n}", 0)) * points for n, (count, points) in enumerate(units))
        self.oracle.settle(self.profiles[record], self.now)
        self.fact(Fact(sale_id, record, purchase.occurred_at, counted=False))
        if left:
            lot = new_id("lot", sale_id, record, "base", "points")
            self.oracle.take_back(record, lot, "", left, self.now)
        self.oracle.settle(self.profiles[record], self.now)
        self.told[sale_id] = (record, purchase, units, back, False)
        self.waiting.pop(sale_id, None)

    @rule(
        target=holds, record=st.sampled_from(RECORDS), amount=st.integers(1, 30), minutes=st.integers(1, 15)
    )
    def hold(self, record: str, amount: int, minutes: int) -> Any:
        """A till reserves points (H1, H3)."""
        profile = self.profiles[record]
        self.oracle.settle(profile, self.now)
        indebted = bool(self.oracle._debts(profile))
        available = self.oracle.available(profile, self.now)
        done = self.run(record, events.HELD, amount=amount, ttl_seconds=minutes * 60)
        if indebted:
            assert done.refused == commands.IN_DEBT
            return multiple()
        if amount > available:
            assert (done.refused, done.available) == (commands.INSUFFICIENT, max(0, available))
            return multiple()
        assert done.hold is not None
        name = done.hold.hold_id
        for token in self.oracle.spendable(profile, self.now)[:amount]:
            token.fate, token.hold = HELD, name
        self.oracle.holds[name] = TokenHold(record, amount, self.now + timedelta(minutes=minutes))
        return name

    @rule(name=holds, part=st.integers(1, 30))
    def capture(self, name: str, part: int) -> None:
        """A till spends a part of a hold, once (H1, H2, I9)."""
        hold = self.oracle.holds[name]
        self.oracle.settle(self.profiles[hold.record], self.now)
        amount = min(part, hold.amount)
        state = hold.state
        done = self.run(hold.record, events.CAPTURED, hold=name, amount=amount)
        if state == "open":
            self.oracle.capture(name, amount)
            self.oracle.settle(self.profiles[hold.record], self.now)
        assert done.refused == {"open": None, "timed_out": commands.HOLD_EXPIRED}.get(
            state, commands.HOLD_ENDED
        )

    @rule(name=holds)
    def release(self, name: str) -> None:
        """A till lets go (H4)."""
        hold = self.oracle.holds[name]
        self.oracle.settle(self.profiles[hold.record], self.now)
        done = self.run(hold.record, events.RELEASED, hold=name)
        if hold.state == "open":
            assert done.refused is None
            self.oracle.end(name, "released")
            self.oracle.settle(self.profiles[hold.record], self.now)

    @rule(record=st.sampled_from(RECORDS), amount=st.integers(-20, 20))
    def adjust(self, record: str, amount: int) -> None:
        """Somebody gives or takes points."""
        profile = self.profiles[record]
        self.oracle.settle(profile, self.now)
        available = self.oracle.available(profile, self.now)
        done = self.run(record, events.ADJUSTED, amount=amount)
        if amount < 0 and -amount > available:
            assert done.refused == commands.INSUFFICIENT
            return
        assert done.refused is None
        if amount < 0:
            for token in self.oracle.spendable(profile, self.now)[:-amount]:
                token.fate = GONE
        elif amount:
            lot = new_id("lot", f"e{self.number:04}", record, "points")
            end = datetime.combine(self.now.date() + timedelta(days=6), datetime.min.time(), UTC)
            self.oracle.tokens += [Token(record, lot, "", self.now, end) for _ in range(amount)]
        self.oracle.settle(profile, self.now)

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        """Time passes; the books hear of it later (H5)."""
        self.now += timedelta(hours=hours)

    @rule(minutes=st.integers(1, 20))
    def wait_a_little(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(record=st.sampled_from(RECORDS))
    def sweep(self, record: str) -> None:
        """The clean-up comes by, twice."""
        self.run(record, events.SWEPT)
        posted = len(self.entries)
        self.run(record, events.SWEPT)
        assert len(self.entries) == posted, "H5: a second run finds nothing"

    @rule(one=st.sampled_from(RECORDS), other=st.sampled_from(RECORDS))
    def merge(self, one: str, other: str) -> None:
        """Two turn out to be one person: nothing is posted (M1)."""
        gone, stays = self.profiles[other], self.profiles[one]
        for record, profile in self.profiles.items():
            if profile == gone:
                self.profiles[record] = stays

    @rule(record=st.sampled_from(RECORDS))
    def unmerge(self, record: str) -> None:
        """A record turns out to be somebody else (M2)."""
        if record not in self.profiles.values():
            self.profiles[record] = record

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self) -> None:
        assert faults(list(self.lots.values()), list(self.kept.values())) == []  # I4, I6
        posted: dict[str, int] = defaultdict(int)
        debt: dict[str, int] = defaultdict(int)
        for _, entry in self.entries:
            sign = (entry.credit == "member") - (entry.debit == "member")
            if sign:
                assert entry.lot_id is not None
                posted[entry.lot_id] += sign * entry.amount
            debt[entry.record_id] += ((entry.debit == "debt") - (entry.credit == "debt")) * entry.amount
        assert {name: lot.remaining for name, lot in self.lots.items() if lot.remaining} == {
            name: amount for name, amount in posted.items() if amount
        }  # I2, I3, I5
        owed = {one: account.debt.get("points", 0) for one, account in self.accounts.items()}
        assert {one: amount for one, amount in owed.items() if amount} == {
            one: amount for one, amount in debt.items() if amount
        }

    @invariant()
    def a_member_has_what_the_model_says(self) -> None:
        for profile in set(self.profiles.values()):
            book, _ = self.load(profile, "look")
            book.settle()
            found = book.member.balance("points", self.now)
            model = copy.deepcopy(self.oracle)
            model.settle(profile, self.now)
            assert (found.balance, found.held, found.pending) == model.balance(profile, self.now)
            if not model._debts(profile):
                assert found.available >= 0  # I7

    @invariant()
    def a_person_is_asked_for_all_that_waits(self) -> None:
        """As many points as are left of each, until its time; what went back is asked for no more (F3, R1)."""
        asked = {one.earning: one.amount for one in self.asked.values() if one and one.until > self.now}
        waiting = {}
        for sale_id, until in self.waiting.items():
            units, back = self.told[sale_id][2:4]
            left = sum((count - back.get(f"l{n}", 0)) * points for n, (count, points) in enumerate(units))
            if left and until > self.now:
                waiting[sale_id] = left
        decided = {e.key for e in self.earnings.values() if e.decided}
        assert {name: n for name, n in asked.items() if name not in decided} == waiting

    @invariant()
    def a_hold_ends_once(self) -> None:
        for name, hold in self.kept.items():
            before = self.ended.get(name)
            assert before is None or before == hold.state  # I9
            if hold.state != "open":
                self.ended[name] = hold.state

    @invariant()
    def the_past_can_be_read_from_the_entries(self) -> None:
        """I13: the sum of the entries so far is what stands now, and earlier sums do not change."""
        total = sum(
            ((entry.credit == "member") - (entry.debit == "member")) * entry.amount
            for _, entry in self.entries
        )
        self.balances.append((len(self.entries), total))
        assert total == sum(lot.remaining for lot in self.lots.values())

    def teardown(self) -> None:
        """I12: when everything comes back, nothing was earned."""
        for sale_id, (record, purchase, units, back, there) in self.told.items():
            if not there:
                continue
            lines = [
                BackLine(f"l{n}", quantity_micro=(count - back.get(f"l{n}", 0)) * MICRO)
                for n, (count, _) in enumerate(units)
            ]
            returned = Return(self.key(), self.now, [line for line in lines if line.quantity_micro])
            self.fact(
                Fact(
                    sale_id,
                    record,
                    purchase.occurred_at,
                    counted=True,
                    returns={returned.return_id: returned},
                    at=self.now,
                )
            )
        for earning in self.earnings.values():
            assert all(posted.taken == posted.points for posted in earning.posted) or not earning.counted
        self.the_books_are_right()


TestShop = Shop.TestCase
TestShop.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
