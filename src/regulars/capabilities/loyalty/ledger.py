"""The books of one member: every movement of points is an entry between two accounts, posted here and nowhere else.

A Book changes the member it is given and keeps what to write. Nothing here reads a clock: `now` comes with the event,
and an event played again posts the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from . import state
from .state import Account, Ask, Entry, Hold, Lot, Member, Taken, Transaction, is_open
from .terms import Reward

HOLD_SECONDS_MAX = 900
LOTS_PER_HOLD_MAX = 1_000
NewId = Callable[..., str]
"""A keyed hash of texts, 32 hex digits."""


class Short(Exception):
    """More was asked for than there is; `available` is what there is."""

    def __init__(self, available: int) -> None:
        super().__init__(f"{available} points are available")
        self.available = available


class Book:
    """One member's ledger during one event.

    `key` names the event and `subject` what of it is meant: transactions get ids from both, and what they make from the
    first. Amounts are above zero everywhere.
    """

    def __init__(
        self,
        member: Member,
        *,
        now: datetime,
        occurred_at: datetime,
        key: str,
        new_id: NewId,
        subject: str = "",
        actor: str = "regulars",
        reason: str = "",
    ) -> None:
        self.member, self.now, self.key = member, now, key
        self.occurred_at, self.new_id = occurred_at, new_id
        self._subject, self._actor, self._reason = subject, actor, reason
        self._entries: list[Entry] = []
        self.transactions: list[Transaction] = []
        self.accounts: set[str] = set()
        self.lots: set[str] = set()
        self.holds: set[str] = set()
        self.earnings: set[tuple[str, str]] = set()
        self.waits = ""
        """Why the points of what the event tells are held back, if they are."""
        self.asks: dict[str, Ask | None] = {}
        """What a person is to look at, by the id of the approval; None where nobody has to any more."""

    # -- writing down -----------------------------------------------------------------------------

    def close(self, kind: str, version: int | None = None, reason: str = "") -> None:
        """Make a transaction of the entries since the last one; nothing where there are none.

        `reason`: where the event tells none.
        """
        if not self._entries:
            return
        key = self.new_id(
            "txn", self.key, self._subject, str(self.member.programme), kind, str(len(self.transactions))
        )
        self.transactions.append(
            Transaction(
                in_order(self.now, key),
                self.member.programme,
                kind,
                self.occurred_at,
                self._actor,
                self._reason or reason,
                version,
                self._entries,
            )
        )
        self._entries = []

    def _post(
        self, record_id: str, point: str, lot_id: str | None, debit: str, credit: str, amount: int
    ) -> None:
        self._entries.append(Entry(record_id, point, lot_id, debit, credit, amount))

    def account(self, record_id: str) -> Account:
        """The account of a record, made when it has none; to be changed by the caller."""
        found = self.member.accounts.get(record_id)
        if found is None:
            found = self.member.accounts[record_id] = Account(record_id, self.member.programme)
        self.accounts.add(record_id)
        return found

    def _lot(self, lot_id: str) -> Lot:
        self.lots.add(lot_id)
        return self.member.lots[lot_id]

    # -- points come ------------------------------------------------------------------------------

    def grant(self, lot: Lot, amount: int, source: str = state.ISSUED) -> None:
        """Add points to a lot, which may be new."""
        held = self.member.lots.setdefault(lot.lot_id, lot)
        held.earned += amount
        held.remaining += amount
        self.lots.add(lot.lot_id)
        self._post(held.record_id, held.point, held.lot_id, source, state.MEMBER, amount)

    def repay(self, point: str) -> None:
        """Points that may be spent pay debts first (R5)."""
        for record_id in sorted(self.member.accounts):
            owed = self.member.accounts[record_id].debt.get(point, 0)
            if not owed:
                continue
            paid = 0
            for lot in self.spendable(point):
                amount = min(lot.free, owed - paid)
                self._spend(lot, amount, state.DEBT, record_id)
                paid += amount
                if paid == owed:
                    break
            self._owe(record_id, point, -paid)

    def _owe(self, record_id: str, point: str, amount: int) -> None:
        if not amount:
            return
        debt = self.account(record_id).debt
        debt[point] = debt.get(point, 0) + amount
        if not debt[point]:
            del debt[point]

    # -- points go --------------------------------------------------------------------------------

    def spendable(self, point: str) -> Iterator[Lot]:
        """Lots with free points, soonest to expire first, then the oldest (H6). Ask for no more than needed.

        Where one that was not loaded would be next, there are no more and the member is `dry`.
        """
        rest = self.member.rest.get(point)
        more = rest is not None and rest.free > 0
        for lot in sorted(self._free_lots(point), key=by_expiry):
            if more and rest is not None and by_expiry(lot) > rest.after:
                break
            yield lot
        self.member.dry = self.member.dry or more

    def _free_lots(self, point: str) -> list[Lot]:
        return [lot for lot in self.member.own_lots(point) if lot.free > 0 and lot.spendable(self.now)]

    def available(self, point: str) -> int:
        """What a hold may take: never more than the free points less what is owed."""
        rest = self.member.rest.get(point)
        free = sum(lot.free for lot in self._free_lots(point)) + (rest.free if rest is not None else 0)
        return free - self.member.debt(point)

    def _spend(self, lot: Lot, amount: int, to: str, record_id: str | None = None) -> None:
        lot.remaining -= amount
        self.lots.add(lot.lot_id)
        self._post(record_id or lot.record_id, lot.point, lot.lot_id, state.MEMBER, to, amount)

    def spend(self, point: str, amount: int, to: str) -> list[Taken]:
        """Take points from the member's lots. Raises Short; then nothing was taken."""
        available = self.available(point)
        if amount > available:
            raise Short(available)
        taken = []
        for lot in self.spendable(point):
            part = min(lot.free, amount)
            if not part:
                break
            self._spend(lot, part, to)
            taken.append(Taken(lot.lot_id, part))
            amount -= part
        return taken

    def recover(self, record_id: str, point: str, amount: int) -> None:
        """What a record owes is paid in money, or (below zero) owed again since the money went back."""
        self._owe(record_id, point, -amount)
        sides = (state.RECOVERED, state.DEBT) if amount > 0 else (state.DEBT, state.RECOVERED)
        self._post(record_id, point, None, *sides, abs(amount))

    def take_back(self, lot: Lot, amount: int, to: str, *, debt: bool = True, others: bool = True) -> int:
        """Take back points that a lot gave: its own first, what of it expired, others', then debt (R4).

        `others` and `debt` say how far it goes where the lot's own do not do. Returns what could not be had.
        """
        own = min(lot.free, amount)
        if own:
            self._spend(lot, own, to)
        gone = min(lot.expired, amount - own)
        if gone:  # they are no longer the member's, and so they count as taken back instead
            lot.expired -= gone
            self.lots.add(lot.lot_id)
            self._post(lot.record_id, lot.point, lot.lot_id, state.EXPIRED, to, gone)
        short = amount - own - gone
        if short and others:
            for other in self.spendable(lot.point):
                part = min(other.free, short)
                self._spend(other, part, to)
                short -= part
                if not short:
                    break
        if short and debt:
            self._owe(lot.record_id, lot.point, short)
            self._post(lot.record_id, lot.point, None, state.DEBT, to, short)
            return 0
        return short

    # -- holds ------------------------------------------------------------------------------------

    def hold(
        self,
        hold_id: str,
        record_id: str,
        point: str,
        amount: int,
        ttl_seconds: int,
        reward: Reward | None = None,
    ) -> Hold:
        """Reserve points (H1, H3), for a reward where one is meant. Raises Short."""
        available = self.available(point)
        if amount > available:
            raise Short(available)
        lots: list[Taken] = []
        left = amount
        for lot in self.spendable(point):
            part = min(lot.free, left)
            if not part or len(lots) == LOTS_PER_HOLD_MAX:
                break
            lot.held += part
            self.lots.add(lot.lot_id)
            lots.append(Taken(lot.lot_id, part))
            left -= part
        until = self.now + timedelta(seconds=min(ttl_seconds, HOLD_SECONDS_MAX))
        made = Hold(hold_id, record_id, self.member.programme, point, amount - left, until, lots=lots)
        made.reward = reward
        if left:
            self._free(made.lots)
            raise Short(amount - left)
        self.member.holds[hold_id] = made
        self.holds.add(hold_id)
        return made

    def capture(self, hold: Hold, amount: int, sale_id: str | None = None) -> None:
        """Spend what an open hold reserves, and let the rest go. `amount` is no more than the hold's."""
        assert is_open(hold, self.now) and amount <= hold.amount, "the caller looked"
        spent, left = [], amount
        self._free(hold.lots)
        for taken in hold.lots:
            part = min(taken.amount, left)
            if part:
                self._spend(self._lot(taken.lot_id), part, state.REDEEMED)
                spent.append(Taken(taken.lot_id, part))
                left -= part
        hold.lots, hold.captured, hold.state, hold.sale_id = spent, amount, state.CAPTURED, sale_id
        self.holds.add(hold.hold_id)
        self.expire()

    def spend_unheld(
        self, hold_id: str, record_id: str, point: str, amount: int, limit: int, sale_id: str
    ) -> Hold:
        """Points that a till let be spent without asking (F2): a hold that is captured at once.

        What there is, up to `limit`, comes from the member's lots; the rest is the shop's, never the member's debt.
        """
        part = max(0, min(amount, limit, self.available(point)))
        lots = self.spend(point, part, state.REDEEMED) if part else []
        if amount > part:
            self._post(record_id, point, None, state.SHOCK, state.REDEEMED, amount - part)
        made = Hold(
            hold_id, record_id, self.member.programme, point, amount, self.now, state.CAPTURED, part,
            sale_id=sale_id, lots=lots,
        )  # fmt: skip
        self.member.holds[hold_id] = made
        self.holds.add(hold_id)
        return made

    def release(self, hold: Hold, ended: str = state.RELEASED) -> None:
        """Let an open hold's points go; what expired meanwhile expires at once (H4)."""
        self._free(hold.lots)
        hold.lots, hold.state = [], ended
        self.holds.add(hold.hold_id)
        self.expire()

    def _free(self, lots: Iterable[Taken]) -> None:
        for taken in lots:
            self._lot(taken.lot_id).held -= taken.amount

    def give_back(self, hold: Hold, amount: int, grace: timedelta) -> None:
        """Points that were spent come back to the lots they came from, with the expiry they had (R6).

        Where that is over they are granted anew for `grace`. `amount` is no more than what has not come back.
        """
        skip, left = hold.returned, amount
        for taken in hold.lots:
            passed = min(skip, taken.amount)
            skip -= passed
            part = min(taken.amount - passed, left)
            # A lot of somebody who was one person with the member then, and has been erased since, is gone.
            if part and taken.lot_id in self.member.lots:
                self._reopen(self._lot(taken.lot_id), part, grace)
                left -= part
        hold.returned += amount - left
        self.holds.add(hold.hold_id)

    def _reopen(self, lot: Lot, amount: int, grace: timedelta) -> None:
        if lot.expires_at is None or self.now < lot.expires_at:
            lot.remaining += amount
            self._post(lot.record_id, lot.point, lot.lot_id, state.REDEEMED, state.MEMBER, amount)
            return
        again = self.new_id("lot", self.key, lot.lot_id)
        fresh = Lot(
            again, lot.record_id, lot.programme, lot.point, "reissued", lot.origin, 0, 0, self.now, self.now + grace
        )  # fmt: skip
        self.grant(fresh, amount, state.REDEEMED)

    # -- time passes ------------------------------------------------------------------------------

    def settle(self) -> None:
        """Bring the books up to the clock: holds whose time is over go, dead points expire, debts are paid."""
        for hold in list(self.member.holds.values()):
            if hold.state == state.OPEN and not is_open(hold, self.now):
                self.release(hold, state.TIMED_OUT)
        self.expire()
        owed = {point for account in self.member.accounts.values() if account.debt for point in account.debt}
        for point in sorted(owed):
            self.repay(point)

    def expire(self) -> None:
        """Post what has expired; a repeat, or a late run, finds nothing or the same (H5)."""
        over = [lot for lot in self.member.lots.values() if _is_over(lot, self.now) and lot.free > 0]
        for lot in sorted(over, key=lambda lot: lot.lot_id):
            if lot.record_id in self.member.records:
                amount = lot.free
                self._spend(lot, amount, state.EXPIRED)
                lot.expired += amount


def in_order(at: datetime, id_: str) -> str:
    """An id that begins with a time in milliseconds: what is posted together lies together in the indexes."""
    return f"{int(at.timestamp() * 1_000):012x}{id_[12:]}"


def _is_over(lot: Lot, now: datetime) -> bool:
    return lot.expires_at is not None and lot.expires_at <= now


def by_expiry(lot: Lot) -> tuple[float, datetime, str]:
    """The order in which lots are spent."""
    until = lot.expires_at.timestamp() if lot.expires_at is not None else float("inf")
    return until, lot.active_from, lot.lot_id


def faults(lots: Sequence[Lot], holds: Sequence[Hold]) -> list[str]:
    """What does not add up between lots and holds, in words; empty when the books are right (I4, I6)."""
    found = []
    reserved: dict[str, int] = {}
    for hold in holds:
        if hold.state == state.OPEN:
            if sum(taken.amount for taken in hold.lots) != hold.amount:
                found.append(f"hold {hold.hold_id} reserves other than its amount")
            for taken in hold.lots:
                reserved[taken.lot_id] = reserved.get(taken.lot_id, 0) + taken.amount
    for lot in lots:
        if not 0 <= lot.held <= lot.remaining <= lot.earned - lot.expired:
            found.append(f"lot {lot.lot_id} is out of bounds")
        if lot.held != reserved.get(lot.lot_id, 0):
            found.append(f"lot {lot.lot_id} is held otherwise than its holds say")
    return found
