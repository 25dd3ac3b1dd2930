"""Promotions in the turn: what a decided batch reserves, uses and gives back of them.

It comes after sales have decided, since what a sale used comes back when it is voided or all of it returned. Nothing is
loaded in a workspace that never reserved or used a promotion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

import msgspec

from regulars.capabilities.offers.usage import Count, Hold, Over, Place, Used, Where, places
from regulars.capabilities.profile.state import REFUND, SALE, SaleRow
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import OFFER_TYPES, OFFERS_HELD, Loyalty, OfferUse
from regulars.vocabulary.intake import OfferRefusal, OffersAnswer

from .batch import Batch
from .documents import document
from .loading import sale_of
from .offers_back import come_back
from .prepared import Prepared
from .uses import Offers

_SQL = load_queries("regulars.capabilities.offers")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
_PROFILE = load_queries("regulars.capabilities.profile")
EXPIRED_MAX: Final = 1_000
"""Holds whose time is over that one turn frees; what is left reserves a little longer, which refuses and never overspends."""


def concerns(batch: Batch, *, used: bool) -> bool:
    """Whether a batch may move the use of promotions. `used`: any was ever reserved or used here."""
    return any(
        _names(prepared) or (used and prepared.sale is not None and _may_give_back(prepared.sale))
        for prepared in batch.fresh
    )


def _names(prepared: Prepared) -> bool:
    said = prepared.loyalty
    return said is not None and (prepared.type in OFFER_TYPES or _sells(prepared, said))


def _sells(prepared: Prepared, said: Loyalty) -> bool:
    return prepared.sale is not None and bool(said.promotions or said.offers_hold)


def _may_give_back(row: SaleRow) -> bool:
    """A first telling of a sale gives nothing back; corrections, refunds and voids may."""
    return row.kind != SALE or row.version > 1


def run(session: Session, vault: Vault, batch: Batch) -> Offers:
    """Load what a decided batch names, and decide what happens to it."""
    work = _Work(session, vault, batch)
    work.load()
    work.decide()
    return work.offers


class _Work:
    def __init__(self, session: Session, vault: Vault, batch: Batch) -> None:
        self._session, self._vault, self._batch = session, vault, batch
        self._workspace: dict[str, Any] = {"workspace_id": vault.workspace_id}
        self._profiles: dict[str, str] = {}
        self._records: dict[str, set[str]] = defaultdict(set)
        self._receipts = batch.rows.rows | batch.sales.rows
        self.offers = Offers()

    # -- loading ----------------------------------------------------------------------------------

    def load(self) -> None:
        """Profiles, holds and sales in one round trip, the counts they touch in another."""
        named = [(prepared, prepared.loyalty) for prepared in self._batch.fresh if _names(prepared)]
        said = [(prepared, one) for prepared, one in named if one is not None]
        members = {record for prepared, one in said if (record := _record(prepared, one)) is not None}
        holds = {one.offers_hold for _, one in said if one.offers_hold is not None}
        holds |= {self._hold_id(prepared) for prepared, _ in said if prepared.type == OFFERS_HELD}
        here, loaded = self._batch.records, self._batch.points.profiles
        members -= loaded.keys()  # of these loyalty has read all records
        until = max(prepared.received_at for prepared in self._batch.fresh)
        profiles, held, sold = self._session.run(
            [
                Call(_LOYALTY.load_profiles, self._workspace | {
                    "ids": uuids(members),
                    "profiles": uuids({here[record].profile_id for record in members if record in here}),
                }),
                Call(_SQL.load_holds, self._workspace | {
                    "holds": uuids(holds), "until": until, "limit": EXPIRED_MAX,
                }),
                Call(_SQL.load_sales, self._workspace | {"sales": uuids(self._sale_ids())}),
            ]
        )  # fmt: skip
        self._profiles = dict(loaded)
        self._take_profiles(profiles)
        book = self.offers.usage
        book.holds = {row[0]: _hold(row) for row in held}
        book.sales = {row[0]: _used(row) for row in sold}
        self._load_counts_and_returns(said)

    def _sale_ids(self) -> set[str]:
        """Sales of the batch, and all that its returns may mean, or meant before it."""
        return {row.sale_id for row in self._receipts.values() if row.kind == SALE} | {
            row.original_id for row in self._batch.sales.rows.values() if row.original_id is not None
        }

    def _take_profiles(self, rows: Iterable[Row]) -> None:
        self._profiles.update((record_id, profile_id) for record_id, profile_id, _ in rows)
        self._profiles.update((one, record.profile_id) for one, record in self._batch.records.items())
        for record_id, profile_id in self._profiles.items():
            self._records[profile_id].add(record_id)

    def _load_counts_and_returns(self, said: Iterable[tuple[Prepared, Loyalty]]) -> None:
        book = self.offers.usage
        wanted: set[Place] = set()
        owned = [(hold.uses, hold.where) for hold in book.holds.values()]
        owned += [(used.uses, used.where) for used in book.sales.values()]
        owned += [(one.promotions, self._where(prepared, one)) for prepared, one in said]
        for uses, where in owned:
            others = [
                msgspec.structs.replace(where, record_id=one) for one in self._of_profile(where.record_id)
            ]
            for use in uses:
                wanted.update(place for one in (where, *others) for place in places(use, one))
        asked = [
            {"scope": scope, "key": key, "promotion": promotion} for scope, key, promotion in sorted(wanted)
        ]
        numbers = {self._receipts[sale_id].receipt_key for sale_id in book.sales if sale_id in self._receipts}
        rows, returns = self._session.run(
            [
                Call(_SQL.load_counts, self._workspace | {"places": document(asked)}),
                Call(_PROFILE.load_naming, self._workspace | {"keys": uuids(numbers)}),
            ]
        )
        self._receipts = {row[0]: sale_of(row) for row in returns} | self._receipts
        book.counts = {(scope, key, promotion): Count(*rest) for scope, key, promotion, *rest in rows}

    def _of_profile(self, record_id: str | None) -> Collection[str]:
        """All records of the profile that a record is of."""
        profile_id = self._profiles.get(record_id or "")
        return sorted(self._records[profile_id]) if profile_id is not None else []

    # -- deciding ---------------------------------------------------------------------------------

    def decide(self) -> None:
        """Events in their order, then what became of the sales they are about."""
        book = self.offers.usage
        for prepared in self._batch.fresh:
            said = prepared.loyalty
            if said is None or not _names(prepared):
                continue
            book.settle(prepared.received_at)
            if prepared.type == OFFERS_HELD:
                self._reserve(prepared, said)
            elif prepared.type in OFFER_TYPES:
                refused = book.release(said.offers_hold or "")
                self._tell(prepared, said.offers_hold, refused=refused)
            else:
                self._sell(prepared, said)
        for used in sorted(book.sales.values(), key=lambda one: one.sale_id):
            if self._stands(used.sale_id):
                book.count(used, self._of_profile(used.where.record_id))
                sale = self._receipts.get(used.sale_id)
                if sale is not None:
                    book.give_back(used, come_back(sale, self._returns(sale), used.uses))
            else:
                book.uncount(used)

    def _reserve(self, prepared: Prepared, said: Loyalty) -> None:
        until = prepared.received_at + timedelta(seconds=said.ttl_seconds)
        where = self._where(prepared, said)
        made = Hold(self._hold_id(prepared), where, until, said.promotions)
        beyond = self.offers.usage.hold(made, self._of_profile(where.record_id))
        self._tell(prepared, None if beyond else made.hold_id, beyond)

    def _sell(self, prepared: Prepared, said: Loyalty) -> None:
        assert prepared.sale is not None, "the caller looked"
        if self._receipts[prepared.sale.sale_id].event_key != prepared.event_key:
            return  # an older telling than the one that counts
        where = self._where(prepared, said)
        told = Used(prepared.sale.sale_id, where, prepared.occurred_at, said.promotions)
        over = self.offers.usage.sell(told, said.offers_hold, self._of_profile(where.record_id))
        self._tell(prepared, said.offers_hold, over)

    def _tell(
        self,
        prepared: Prepared,
        hold_id: str | None,
        beyond: Iterable[Over] = (),
        *,
        refused: str | None = None,
    ) -> None:
        hold = self.offers.usage.holds.get(hold_id or "")
        self.offers.answers[prepared.event_key] = OffersAnswer(
            hold=hold.hold_id if hold is not None else None,
            state=hold.state if hold is not None else None,
            expires_at=hold.expires_at if hold is not None else None,
            beyond=[OfferRefusal(one.promotion, one.reason) for one in beyond],
            refused=refused,
        )

    def _hold_id(self, prepared: Prepared) -> str:
        return self._vault.hash("offers_hold", prepared.event_key)

    def _where(self, prepared: Prepared, said: Loyalty) -> Where:
        sale = self._receipts.get(prepared.sale.sale_id) if prepared.sale is not None else None
        day = said.business_day or (sale.business_date if sale is not None else prepared.occurred_at.date())
        record_id = _record(prepared, said)
        known = record_id if record_id in self._profiles else None
        # The log may not hold who was erased since, so it cannot say more of others than this.
        return Where(known, self._store(prepared), day)

    def _store(self, prepared: Prepared) -> str:
        return (prepared.sale.store if prepared.sale is not None else prepared.event().store) or ""

    def _stands(self, sale_id: str) -> bool:
        """Whether a sale counts still, and not all of it came back."""
        sale = self._receipts.get(sale_id)
        if sale is None:
            return True
        back = self._returns(sale)
        if not sale.counted or not back:
            return sale.counted
        items, money = sum(abs(row.items_micro) for row in back), sum(row.total_minor for row in back)
        return items < sale.items_micro if sale.items_micro > 0 else money < sale.total_minor

    def _returns(self, sale: SaleRow) -> list[SaleRow]:
        """The returns of a sale that count."""
        rows = self._receipts.values()
        return [row for row in rows if row.kind == REFUND and row.counted and row.original_id == sale.sale_id]


def _record(prepared: Prepared, said: Loyalty) -> str | None:
    """Whose use it is."""
    if prepared.said is not None:
        return prepared.said.person.record_id
    return said.member


def _hold(row: Row) -> Hold:
    hold_id, record_id, store, day, expires_at, uses, state, sale_id = row
    read = msgspec.convert(uses, list[OfferUse])
    return Hold(hold_id, Where(record_id, store, day), expires_at, read, state, sale_id)


def _used(row: Row) -> Used:
    sale_id, record_id, store, day, at, uses, counted, over, back = row
    read = msgspec.convert(uses, list[OfferUse])
    where, beyond = Where(record_id, store, day), msgspec.convert(over, list[Over])
    return Used(sale_id, where, at, read, counted, beyond, back)


def offers_calls(offers: Offers, workspace: dict[str, Any]) -> Iterator[Call]:
    """One statement for each table that has anything to write."""
    book = offers.usage
    counts = [
        {
            "scope": place[0],
            "key": place[1],
            "promotion": place[2],
            **msgspec.structs.asdict(book.counts[place]),
        }
        for place in sorted(book.moved_counts)
    ]
    holds = [_flat(book.holds[name]) for name in sorted(book.moved_holds)]
    sales = [_flat(book.sales[name]) for name in sorted(book.moved_sales)]
    for sql, rows in ((_SQL.save_counts, counts), (_SQL.save_holds, holds), (_SQL.save_sales, sales)):
        if rows:
            yield Call(sql, workspace | {"doc": document(rows)})


def _flat(one: Hold | Used) -> dict[str, Any]:
    row = msgspec.structs.asdict(one)
    return row | msgspec.structs.asdict(row.pop("where"))
