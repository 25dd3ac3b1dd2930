"""What turns that are not committed yet did to members, laid over what was read of these for the next turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import TypeAlias

from msgspec.structs import replace

from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.state import Lot, Member

from .wake import Wake

MemberOf: TypeAlias = Callable[[str, int], Member]
"""The member of a record in a programme."""


class InTheAir:
    """The books of turns in the air, in their order. `profiles`: the records that the next turn concerns."""

    def __init__(self, wakes: Sequence[Wake], profiles: Mapping[str, str], member_of: MemberOf) -> None:
        self._wakes, self._profiles, self._member_of = wakes, profiles, member_of

    def lots(self) -> set[str]:
        """Ids of lots that they changed."""
        return {lot_id for book in self._books() for lot_id in book.lots}

    def lay_over(self, sales: set[str]) -> None:
        """Accounts, holds and the earnings of sales as they leave them."""
        here = self._profiles
        for book in self._books():
            left, programme = book.member, book.member.programme
            for record_id in book.accounts:
                if record_id in here:
                    member = self._member_of(record_id, programme)
                    member.accounts[record_id] = left.accounts[record_id].copy()
            for hold_id in book.holds:
                hold = left.holds[hold_id]
                if hold.record_id in here:
                    self._member_of(hold.record_id, programme).holds[hold_id] = replace(hold)
            for key, record_id in book.earnings:
                if key in sales and record_id in here:
                    earning = deepcopy(left.earnings[key, record_id])
                    self._member_of(record_id, programme).earnings[key, record_id] = earning

    def lay_over_history(self, holders: Mapping[str, Sequence[Member]]) -> None:
        """Lots likewise, and of those whose history is counted anew all earnings. `holders`: of each lot."""
        for book in self._books():
            for lot_id in book.lots:
                self._lay_over_lot(book.member.lots[lot_id], holders.get(lot_id, ()))
            for place in book.earnings:
                self._lay_over_earning(place, book.member)

    def _books(self) -> Iterator[Book]:
        for wake in self._wakes:
            yield from wake.points.books

    def _lay_over_lot(self, lot: Lot, holders: Iterable[Member]) -> None:
        """A lot as it is left, with its member; a hold may reserve points that are another's by now."""
        if lot.record_id in self._profiles:
            self._member_of(lot.record_id, lot.programme).lots[lot.lot_id] = replace(lot)
        for holder in holders:
            if lot.record_id not in holder.records:
                holder.lots[lot.lot_id] = replace(lot)

    def _lay_over_earning(self, place: tuple[str, str], left: Member) -> None:
        if place[1] in self._profiles:
            member = self._member_of(place[1], left.programme)
            if member.whole:
                member.earnings[place] = deepcopy(left.earnings[place])
