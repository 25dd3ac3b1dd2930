"""The lots of members that a turn loads: those that end first, and of the rest only what they come to.

Points are spent from the lots that end first, so a turn needs few of them however many a member has. Where those that
were loaded do not do, the member turns out `dry`, and the turn is decided again with all lots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from regulars.capabilities.loyalty.ledger import by_expiry
from regulars.capabilities.loyalty.state import Lot, Rest
from regulars.store.rows import Uuids
from regulars.store.session import Row

LOTS_AHEAD: Final = 100
"""Lots of a record, or of it and a type of points, that are loaded; most members have fewer."""
ALL_LOTS: Final = 2**31 - 1


class OpenLots:
    """Lots by id, and what those come to that are not there, for as long as events at these times are decided.

    `ahead`: how many are loaded. Every row that is taken in says how its lot is stored, so that none counts twice.
    """

    def __init__(self, times: Collection[datetime], ahead: int) -> None:
        self._since, self._until, self._ahead = min(times), max(times), ahead
        self.lots: dict[str, Lot] = {}
        self.rest: dict[tuple[str, int, str], Rest] = {}
        """By record, programme and type of points."""

    def take_open(self, rows: Iterable[Row]) -> set[str]:
        """Rows of load_open_lots, of a record with many lots one more than `ahead` at least; those are returned, and
        `take_next` is to tell of them."""
        open_lots: dict[str, list[Lot]] = defaultdict(list)
        for row in rows:
            open_lots[row[1]].append(Lot(*row))
        many = {record_id for record_id, lots in open_lots.items() if len(lots) > self._ahead}
        for record_id, lots in open_lots.items():
            if record_id not in many:
                self.lots.update((lot.lot_id, lot) for lot in lots)
        return many

    def asked_next(self, ids: Uuids) -> dict[str, Any]:
        """What load_next_lots is asked for."""
        return {"ids": ids, "since": self._since, "until": self._until, "ahead": self._ahead}

    def take_next(self, rows: Iterable[Row]) -> None:
        """Rows of load_next_lots."""
        others, first = [], defaultdict(list)
        sums: dict[tuple[str, int, str], tuple[int, int]] = {}
        for *values, next_ in rows:
            if values[0] is None:
                sums[values[1], values[2], values[3]] = (values[7], values[10])
                continue
            lot = Lot(*values)
            if next_:
                self.lots[lot.lot_id] = lot
                first[lot.record_id, lot.programme, lot.point].append(lot)
            else:
                others.append(lot)
        for place, lots in first.items():
            remaining, held = sums[place]
            remaining -= sum(lot.remaining for lot in lots)
            held -= sum(lot.held for lot in lots)
            if remaining:
                self.rest[place] = Rest(remaining, held, max(map(by_expiry, lots)))
        self._add(others)

    def take(self, rows: Iterable[Row]) -> None:
        """Rows of load_lots and load_all_lots."""
        self._add(Lot(*row) for row in rows)

    def _add(self, lots: Iterable[Lot]) -> None:
        for lot in lots:
            if lot.lot_id in self.lots:
                continue
            self.lots[lot.lot_id] = lot
            rest = self.rest.get((lot.record_id, lot.programme, lot.point))
            if rest is not None and self._steady(lot) and by_expiry(lot) > rest.after:
                rest.remaining -= lot.remaining
                rest.held -= lot.held

    def _steady(self, lot: Lot) -> bool:
        """Whether its points count all the while."""
        return lot.active_from <= self._since and (lot.expires_at is None or lot.expires_at > self._until)

    def rest_of(self, records: Iterable[str], programme: int) -> dict[str, Rest]:
        """Of a member with these records, by type of points."""
        found: dict[str, list[Rest]] = defaultdict(list)
        for (record_id, number, point), rest in self.rest.items():
            if record_id in records and number == programme and rest.remaining:
                found[point].append(rest)
        return {
            point: Rest(
                sum(one.remaining for one in rests),
                sum(one.held for one in rests),
                min(one.after for one in rests),
            )
            for point, rests in found.items()
        }
