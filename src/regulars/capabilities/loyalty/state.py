"""What loyalty keeps: accounts of records, lots of points, holds at tills, and what each sale earned.

Accounts belong to records, and a member's balance is the sum over a profile's records; so merging and unmerging
post nothing. Points are integers. A lot's points are all in one of three places: remaining (of which some may be
held), used up, or expired.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from .purchase import Purchase
from .returning import BackLine
from .terms import Reward

MEMBER: Final = "member"
ISSUED: Final = "issued"
REDEEMED: Final = "redeemed"
EXPIRED: Final = "expired"
CLAWBACK: Final = "clawback"
ADJUSTED: Final = "adjusted"
OPENED: Final = "opened"
DEBT: Final = "debt"
SHOCK: Final = "till_shock"
ERASED: Final = "erased"
RECOVERED: Final = "recovered"
LEDGER_ACCOUNTS: Final = (
    MEMBER, ISSUED, REDEEMED, EXPIRED, CLAWBACK, ADJUSTED, OPENED, DEBT, SHOCK, ERASED, RECOVERED
)  # fmt: skip
"""The kinds of account. `member` and `debt` are a record's own, the others a programme's, and have no row to lock."""

OPEN: Final = "open"
CAPTURED: Final = "captured"
RELEASED: Final = "released"
TIMED_OUT: Final = "timed_out"

REFUSED: Final = "refused"
"""What a person made of points that were held back; the other is RELEASED."""

ACTIVE: Final = "active"
BLOCKED: Final = "blocked"
LEFT: Final = "left"
REPLACED: Final = "replaced"
"""Of the account of a card that another took the place of; it blocks nothing."""


class Account(Struct):
    """A record's part in a programme.

    `enrolled_at`: when it joined itself, None where it only counts through its profile. `debt` by point type.
    `credits`: tier credit by day, negative for what was refunded; `used`: of caps, by their key. `first_at` and
    `last_at`: the first and the last of its earnings in business time.
    """

    record_id: str
    programme: int
    enrolled_at: datetime | None = None
    status: str = ACTIVE
    debt: dict[str, int] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None

    def copy(self) -> Account:
        """Another one that says the same."""
        return replace(self, debt=dict(self.debt), credits=dict(self.credits), used=dict(self.used))


class Lot(Struct):
    """Points granted together that expire together: not before `active_from`, not from `expires_at` on.

    earned = remaining + what left it + expired. `held` of the remaining ones are reserved at a till. `origin` is the
    key of the earning, or of the event, that made it; `reason` its kind: sale, bonus, adjusted, opened, reissued.
    """

    lot_id: str
    record_id: str
    programme: int
    point: str
    reason: str
    origin: str
    earned: int
    remaining: int
    active_from: datetime
    expires_at: datetime | None = None
    held: int = 0
    expired: int = 0

    @property
    def free(self) -> int:
        """Points that nobody has reserved."""
        return self.remaining - self.held

    def spendable(self, now: datetime) -> bool:
        """Whether its points count now; a late clean-up never makes dead ones live (H5)."""
        return self.active_from <= now and (self.expires_at is None or now < self.expires_at)


class Rest(Struct):
    """What lots come to that were not loaded; their points may be spent, and they come `after` others in their order."""

    remaining: int
    held: int
    after: tuple[float, datetime, str]

    @property
    def free(self) -> int:
        """Points that nobody has reserved."""
        return self.remaining - self.held


class Taken(Struct, array_like=True, frozen=True):
    """Points out of a lot."""

    lot_id: str
    amount: int


class Hold(Struct):
    """Points reserved at a till. One terminal state only (H1); after `expires_at` it is void (H2).

    `lots`: what is reserved while it is open, what was spent once captured. `returned` of these came back. `reward`:
    what it is for, as the programme had it when it was made; None for plain points.
    """

    hold_id: str
    record_id: str
    programme: int
    point: str
    amount: int
    expires_at: datetime
    state: str = OPEN
    captured: int = 0
    returned: int = 0
    sale_id: str | None = None
    lots: list[Taken] = field(default_factory=list)
    reward: Reward | None = None

    @property
    def for_voucher(self) -> bool:
        """Whether its points were spent on a voucher, which is good until one of them comes back."""
        spent = self.state == CAPTURED and not self.returned
        return spent and self.reward is not None and self.reward.issues_voucher

    @property
    def words(self) -> str:
        """What it is for, as the ledger says it; empty for plain points."""
        return self.reward.name if self.reward is not None else ""


class Posted(Struct, array_like=True):
    """What one rule gave for an earning. `lines`: (line id, points); `points` their sum, below zero where more came back.

    `given` and `taken` are what the ledger has posted of it, and of what returns took back.
    """

    rule: str
    point: str
    lot_id: str
    points: int
    lines: list[tuple[str, int]]
    active_at: datetime
    expires_at: datetime | None
    given: int = 0
    taken: int = 0


class Recovered(Struct, array_like=True, frozen=True):
    """Points that were spent already when a return took them back, paid for with `minor` of its refund."""

    point: str
    points: int
    minor: int


class Return(Struct, array_like=True, frozen=True):
    """Goods of a purchase that came back, as the receipt of the return names them."""

    return_id: str
    occurred_at: datetime
    lines: list[BackLine]


class Earning(Struct, omit_defaults=True):
    """A sale, or another reason for points, as it was counted on a record.

    `key`: the sale's id, or a hash of the bonus. `version` of the programme gave it and stays (H11); `tier` was the
    member's at the time, where rules ask. `bonus`: the kind of event, for those that are no sale; `loose`: goods that came back
    without naming a sale. `credit`: tier credit by line; `back`: what of each line came back, in millionths.

    `recovered`: what was kept of the refunds of returns, by their ids. `seen`: what was suspicious when it was told. `waits`: why its points are held back, empty where they are not;
    `decided` what a person made of that, released or refused, at `decided_at`.
    """

    key: str
    record_id: str
    programme: int
    occurred_at: datetime
    version: int = 0
    purchase: Purchase | None = None
    bonus: str | None = None
    loose: bool = False
    tier: str = ""
    counted: bool = True
    posted: list[Posted] = field(default_factory=list)
    credit: list[tuple[str, int]] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    back: dict[str, int] = field(default_factory=dict)
    recovered: dict[str, list[Recovered]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    waits: str = ""
    decided: str = ""
    decided_at: datetime | None = None


class Ask(Struct, frozen=True):
    """Points that a person is to look at until a time: `amount` of a type called `name`, of what a record earned."""

    approval_id: str
    record_id: str
    programme: int
    earning: str
    why: str
    point: str
    name: str
    amount: int
    until: datetime
    store: str | None
    unreviewed: str


class Entry(Struct, array_like=True, frozen=True):
    """Points from one account to another: `amount` > 0 leaves `debit` and arrives at `credit`.

    `lot_id` names the lot on the member's side; None where there is none. `record_id` is whose lot it is, but where a
    debt is repaid, whose debt.
    """

    record_id: str
    point: str
    lot_id: str | None
    debit: str
    credit: str
    amount: int


class Transaction(Struct, frozen=True):
    """Entries that belong together; each moves points between two accounts, so that they sum to zero."""

    key: str
    programme: int
    kind: str
    occurred_at: datetime
    actor: str
    reason: str
    version: int | None
    entries: list[Entry]


class Balance(Struct, frozen=True):
    """Points of a member: `balance` may be spent but for what is `held`; negative while in debt (R5)."""

    balance: int
    held: int
    pending: int

    @property
    def available(self) -> int:
        """What another hold may take."""
        return self.balance - self.held


class Member(Struct):
    """A profile in a programme, as far as it was loaded: accounts by record, lots and holds by id, earnings by key and record.

    `records` are all of the profile. Lots of others are there only because a hold of this member reserves them.
    `whole`: every earning and every lot is there. `rest`: by type of points, of lots that are not; `dry`: some of these
    would have been needed, and what was decided does not hold. `used_vouchers`: holds whose voucher is used, of sales that end now.
    """

    programme: int
    records: set[str] = field(default_factory=set)
    accounts: dict[str, Account] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    earnings: dict[tuple[str, str], Earning] = field(default_factory=dict)
    whole: bool = False
    rest: dict[str, Rest] = field(default_factory=dict)
    dry: bool = False
    used_vouchers: set[str] = field(default_factory=set)

    def own_lots(self, point: str) -> list[Lot]:
        """Lots of its records."""
        return [lot for lot in self.lots.values() if lot.point == point and lot.record_id in self.records]

    @property
    def blocked(self) -> bool:
        """Whether any of its accounts is."""
        return any(account.status == BLOCKED for account in self.accounts.values())

    def debt(self, point: str) -> int:
        """What it owes."""
        return sum(account.debt.get(point, 0) for account in self.accounts.values() if account.debt)

    def balance(self, point: str, now: datetime) -> Balance:
        """Over all its lots, which must be settled (`Book.settle`)."""
        live = held = pending = 0
        for lot in self.own_lots(point):
            held += lot.held
            # What a hold keeps alive beyond its time is held, so it stands in the balance, too (H4).
            live += lot.remaining if lot.spendable(now) else lot.held
            if lot.active_from > now:
                pending += lot.free
        rest = self.rest.get(point)
        if rest is not None:
            live, held = live + rest.remaining, held + rest.held
        return Balance(live - self.debt(point), held, pending)


def is_open(hold: Hold, now: datetime) -> bool:
    """Whether a hold still reserves anything."""
    return hold.state == OPEN and now < hold.expires_at
