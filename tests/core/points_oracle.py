"""An independent model of a member's points: every single point is a token with a fate of its own.

It knows nothing of lots that hold amounts, of entries or of folds: what a rule promises is done to tokens, one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

FREE, HELD, GONE = "free", "held", "gone"


@dataclass
class Token:
    """A point: whose, from which lot and line, good from when until when, and what became of it."""

    record: str
    lot: str
    line: str
    active: datetime
    expires: datetime | None
    fate: str = FREE
    hold: str | None = None
    expired: bool = False

    def live(self, now: datetime) -> bool:
        """Whether it can be spent."""
        return self.active <= now and (self.expires is None or now < self.expires)

    def order(self) -> tuple[float, datetime, str]:
        """Soonest to end first, then the oldest (H6)."""
        return self.expires.timestamp() if self.expires else float("inf"), self.active, self.lot


@dataclass
class TokenHold:
    """A hold: whose, of how many, until when, and how it ended."""

    record: str
    amount: int
    until: datetime
    state: str = "open"
    sale: str | None = None


@dataclass
class Tokens:
    """All points of a little shop. `profiles` maps each record to its person."""

    profiles: dict[str, str]
    tokens: list[Token] = field(default_factory=list)
    holds: dict[str, TokenHold] = field(default_factory=dict)
    debts: dict[str, int] = field(default_factory=dict)

    def _of(self, profile: str) -> list[Token]:
        return [t for t in self.tokens if self.profiles[t.record] == profile]

    def _debts(self, profile: str) -> dict[str, int]:
        return {rid: owed for rid, owed in self.debts.items() if self.profiles[rid] == profile and owed}

    def balance(self, profile: str, now: datetime) -> tuple[int, int, int]:
        """(balance, held, pending)."""
        own = [t for t in self._of(profile) if t.fate != GONE]
        held = sum(t.fate == HELD for t in own)
        free = sum(t.fate == FREE and t.live(now) for t in own)
        pending = sum(t.active > now for t in own)
        return free + held - sum(self._debts(profile).values()), held, pending

    def settle(self, profile: str, now: datetime) -> None:
        """What the clock brings about for one person."""
        for name, hold in self.holds.items():
            if hold.state == "open" and self.profiles[hold.record] == profile and now >= hold.until:
                self.end(name, "timed_out")
        for token in self._of(profile):
            if token.fate == FREE and token.expires is not None and token.expires <= now:
                token.fate, token.expired = GONE, True
        for record in sorted(self._debts(profile)):
            for token in self.spendable(profile, now):
                if not self.debts[record]:
                    break
                token.fate = GONE
                self.debts[record] -= 1

    def spendable(self, profile: str, now: datetime) -> list[Token]:
        """Free live tokens in the order they go."""
        return sorted((t for t in self._of(profile) if t.fate == FREE and t.live(now)), key=Token.order)

    def available(self, profile: str, now: datetime) -> int:
        """What can be held."""
        return len(self.spendable(profile, now)) - sum(self._debts(profile).values())

    def end(self, name: str, state: str) -> None:
        """A hold ends without being spent."""
        self.holds[name].state = state
        for token in self.tokens:
            if token.hold == name:
                token.fate, token.hold = FREE, None

    def capture(self, name: str, amount: int, sale: str | None = None) -> None:
        """So many of a hold's tokens are spent, the soonest to end first; the others are free."""
        hold = self.holds[name]
        mine = sorted((t for t in self.tokens if t.hold == name), key=Token.order)
        for number, token in enumerate(mine):
            token.hold = None
            token.fate = GONE if number < amount else FREE
        hold.state, hold.sale = "captured", sale

    def take_back(self, record: str, lot: str, line: str, amount: int, now: datetime) -> None:
        """R4, R5: the sale's own points, those of it that expired, then others', then debt."""
        own = [t for t in self.tokens if t.lot == lot]
        found = [t for t in own if t.fate == FREE] + [t for t in own if t.fate == GONE and t.expired]
        for token in found[:amount]:
            token.fate, token.expired = GONE, False
        short = amount - len(found[:amount])
        for token in self.spendable(self.profiles[record], now)[:short]:
            token.fate = GONE
            short -= 1
        self.debts[record] = self.debts.get(record, 0) + short
