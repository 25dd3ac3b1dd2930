"""Receipts told of in any order: an independent account of what must come out, and a ledger in memory.

`expected` knows every receipt at once. `Ledger` takes them in batches, as turns do: it loads only what a turn
loads, and keeps only what the rules hand back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from regulars.capabilities.profile.receipt import row_of
from regulars.capabilities.profile.sales import SalesState, decide
from regulars.capabilities.profile.state import (
    REFUND,
    SALE,
    VOID,
    DayKey,
    Figures,
    RecordFigures,
    SaleRow,
)
from regulars.store.vault import Hasher
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import Source

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
HASH = Hasher(b"a key for tests")
TILLS = Source(1, 1, "tills", "api", "tills")
WEB = Source(1, 2, "web", "api", "web", receipts_never_reset=True)
_TYPES = {SALE: "sale.completed", REFUND: "sale.refunded", VOID: "sale.voided"}
_ZONE = ZoneInfo("UTC")


def receipt(
    number: int,
    kind: int,
    hour: int,
    sale: dict[str, Any],
    *,
    who: str | None = None,
    source: Source = TILLS,
    **event: Any,
) -> SaleRow:
    """The row of an event `hour` hours after the start; `who` is the record it belongs to."""
    at = START + timedelta(hours=hour)
    body = {"receipt": "1", "currency": "GBP", "total_minor": 0} | sale
    details = {"id": str(number), "type": _TYPES[kind], "occurred_at": at.isoformat(), "sale": body} | event
    key = HASH("event", str(source.source_id), str(number))
    row = row_of(
        msgspec.convert(details, Event, strict=False), source=source, event_key=key, zone=_ZONE, hash_=HASH
    )
    assert row is not None
    row.record_id = who
    return row


# ---------------------------------------------------------------- what must come out


class Outcome(NamedTuple):
    """Figures by record, days of shops, and of every receipt whether and on whom it counts."""

    figures: dict[str, dict[str, Any]]
    days: dict[DayKey, dict[str, int]]
    standing: dict[str, tuple[int, bool, str | None, str | None]]


def expected(said: Iterable[SaleRow]) -> Outcome:
    """What all these receipts add up to, worked out from the whole set."""
    last: dict[str, SaleRow] = {}
    for row in said:
        held = last.get(row.sale_id)
        if held is None or (held.version, held.occurred_at, held.event_key) < (
            row.version,
            row.occurred_at,
            row.event_key,
        ):
            last[row.sale_id] = row
    rows = list(last.values())
    meant = {row.sale_id: _meant_by(row, rows) for row in rows if row.original_key}
    voided = {found.sale_id for sid, found in meant.items() if found and last[sid].kind == VOID}
    standing: dict[str, tuple[int, bool, str | None, str | None]] = {}
    for row in rows:
        found = meant.get(row.sale_id)
        stands, on = row.kind != VOID and row.sale_id not in voided, row.record_id
        if row.kind == REFUND and row.original_key:
            stands = stands and found is not None and found.sale_id not in voided
            on = found.record_id if found else None
        standing[row.sale_id] = (
            row.version,
            stands,
            on if stands else None,
            found.sale_id if found else None,
        )
    return Outcome(_figures(rows, standing), _days(rows, standing), standing)


def _meant_by(row: SaleRow, rows: list[SaleRow]) -> SaleRow | None:
    for kinds in ((SALE,), (REFUND,) if row.kind == VOID else ()):
        fits = [
            other
            for other in rows
            if other.kind in kinds
            and other.receipt_key == row.original_key
            and other.sale_id != row.sale_id
            and row.original_store in (None, other.store)
            and row.original_till in (None, other.till)
            and row.original_date in (None, other.business_date)
        ]
        before = [other for other in fits if other.occurred_at <= row.occurred_at]
        after = [other for other in fits if other.occurred_at > row.occurred_at]
        if before:
            return max(before, key=lambda o: (o.occurred_at, o.sale_id))
        if after:
            return min(after, key=lambda o: (o.occurred_at, o.sale_id))
    return None


def _figures(rows: list[SaleRow], standing: dict[str, Any]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for row in rows:
        _, stands, on, _ = standing[row.sale_id]
        if not stands or on is None:
            continue
        sums = out.setdefault(on, {name: Counter() for name in ("all", *_TABLES)} | {"at": []})
        sign = 1 if row.kind == SALE else -1
        sums["all"]["orders" if row.kind == SALE else "returns"] += 1
        sums["all"]["items_micro"] += sign * row.items_micro
        sums["spend_minor"][row.currency] += sign * row.total_minor
        for line in msgspec.json.decode(row.lines):
            sums["categories"][line[2]] += sign * line[3]
        if row.kind == SALE:
            sums["paid_minor"][row.currency] += row.total_minor
            sums["paid_orders"][row.currency] += 1
            sums["channels"][row.channel] += 1
            sums["stores"][row.store] += 1
            sums["at"].append(row.occurred_at)
    return {on: _plain(sums) for on, sums in out.items()}


_TABLES = ("spend_minor", "paid_minor", "paid_orders", "channels", "stores", "categories")


def _plain(sums: dict[str, Any]) -> dict[str, Any]:
    tables = {name: {k: n for k, n in sums[name].items() if k is not None and n} for name in _TABLES}
    first = {
        "first_purchase_at": min(sums["at"], default=None),
        "last_purchase_at": max(sums["at"], default=None),
    }
    return {name: sums["all"][name] for name in ("orders", "returns", "items_micro")} | tables | first


def _days(rows: list[SaleRow], standing: dict[str, Any]) -> dict[DayKey, dict[str, int]]:
    out: dict[DayKey, Counter[str]] = defaultdict(Counter)
    for row in rows:
        _, stands, on, _ = standing[row.sale_id]
        if not stands:
            continue
        cell = out[row.business_date, row.store or "", row.channel or "", row.currency]
        if row.kind == SALE:
            cell.update(
                orders=1,
                paid_minor=row.total_minor,
                items_micro=row.items_micro,
                identified=int(on is not None),
            )
        else:
            cell.update(returns=1, returned_minor=row.total_minor, items_micro=-row.items_micro)
    plain = {key: {name: n for name, n in cell.items() if n} for key, cell in out.items()}
    return {key: cell for key, cell in plain.items() if cell}


# ---------------------------------------------------------------- a ledger in memory


class Ledger:
    """What the tables hold of sales, and turns on it."""

    def __init__(self) -> None:
        self.rows: dict[str, SaleRow] = {}
        self.figures: dict[str, Figures] = {}
        self.days: dict[DayKey, Counter[str]] = defaultdict(Counter)
        self.heard: set[str] = set()

    def turn(self, said: Sequence[SaleRow]) -> None:
        """One batch: drop what was heard before, load, decide, save."""
        fresh = {row.event_key: row for row in said if row.event_key not in self.heard}
        self.heard |= fresh.keys()
        incoming = [msgspec.structs.replace(row) for row in fresh.values()]
        state = self._load(incoming)
        changes = decide(incoming, state)
        for sale_id, row in changes.rows.items():
            self.rows[sale_id] = msgspec.structs.replace(row)
        for record_id in changes.figures:
            self.figures[record_id] = state.figures[record_id].figures
        for key, cell in changes.days.items():
            self.days[key].update(msgspec.structs.asdict(cell))

    def outcome(self) -> Outcome:
        """What the tables hold, in the form of `expected`."""
        figures = {rid: msgspec.structs.asdict(f) for rid, f in self.figures.items() if f != Figures()}
        days = {key: {name: n for name, n in cell.items() if n} for key, cell in self.days.items()}
        standing = {
            sid: (row.version, row.counted, row.counted_on if row.counted else None, row.original_id)
            for sid, row in self.rows.items()
        }
        return Outcome(figures, {key: cell for key, cell in days.items() if cell}, standing)

    def _load(self, incoming: list[SaleRow]) -> SalesState:
        ids = {row.sale_id for row in incoming}
        keys = {key for row in incoming for key in (row.receipt_key, row.original_key) if key}
        found = {sid: row for sid, row in self.rows.items() if sid in ids or row.original_key in keys}
        for row in [*found.values(), *incoming]:
            if row.original_key is not None:
                found |= self._candidates(row, ids)
        rows = {sid: msgspec.structs.replace(row) for sid, row in found.items()}
        owners = {r for row in (*rows.values(), *incoming) for r in (row.record_id, row.counted_on) if r}
        figures = {
            r: RecordFigures(
                r,
                START,
                msgspec.json.decode(msgspec.json.encode(self.figures.get(r, Figures())), type=Figures),
            )
            for r in owners
        }
        spanned = {row.counted_on for row in rows.values() if row.kind == SALE and row.counted_on}
        return SalesState(rows, figures, {r: span for r in spanned if (span := self._span(r, rows))})

    def _candidates(self, naming: SaleRow, touched: set[str]) -> dict[str, SaleRow]:
        """The latest receipt up to a refund or void and the first after it, of those it may name."""
        out: dict[str, SaleRow] = {}
        for kind in (SALE, REFUND) if naming.kind == VOID else (SALE,):
            fits = sorted(
                (row.occurred_at, row.sale_id)
                for row in self.rows.values()
                if row.receipt_key == naming.original_key
                and row.kind == kind
                and row.sale_id not in touched
                and naming.original_store in (None, row.store)
                and naming.original_till in (None, row.till)
                and naming.original_date in (None, row.business_date)
            )
            before = [sid for at, sid in fits if at <= naming.occurred_at][-1:]
            after = [sid for at, sid in fits if at > naming.occurred_at][:1]
            found = [self.rows[sid] for sid in before + after]
            found += [self.rows[row.original_id] for row in found if row.original_id]
            out |= {row.sale_id: row for row in found}
        return out

    def _span(self, record_id: str, loaded: dict[str, SaleRow]) -> tuple[datetime, datetime] | None:
        at = [
            row.occurred_at
            for sid, row in self.rows.items()
            if sid not in loaded and row.kind == SALE and row.counted and row.counted_on == record_id
        ]
        return (min(at), max(at)) if at else None


# ---------------------------------------------------------------- receipts to tell


_lines = st.lists(
    st.fixed_dictionaries(
        {
            "category": st.sampled_from(["Tea", "Coffee", None]),
            "quantity": st.sampled_from(["1", "2", "0.35", "-1"]),
        }
    ),
    max_size=2,
)


@st.composite
def receipts(draw: st.DrawFn, number: int) -> SaleRow:
    kind = draw(st.sampled_from([SALE, SALE, SALE, REFUND, REFUND, VOID]))
    source = draw(st.sampled_from([TILLS, TILLS, WEB]))
    sale: dict[str, Any] = {
        "receipt": draw(st.sampled_from(["1", "2"])),
        "currency": draw(st.sampled_from(["GBP", "GBP", "JPY"])),
        "total_minor": draw(st.sampled_from([0, 100, 250])),
        "lines": draw(_lines),
        "version": draw(st.sampled_from([1, 1, 2, 3])),
    }
    if kind == REFUND and draw(st.booleans()):
        sale["original_receipt"] = draw(st.sampled_from(["1", "2"]))
    if kind != SALE:
        sale |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "original_store": st.sampled_from(["a", "b"]),
                    "original_till": st.just("7"),
                    "original_business_date": st.just(date(2026, 11, 1)),
                },
            )
        )
    event = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "store": st.sampled_from(["a", "b"]),
                "till": st.sampled_from(["7", "8"]),
                "channel": st.sampled_from(["store", "online"]),
            },
        )
    )
    who = draw(st.sampled_from([None, "r1", "r1", "r2", "r3"]))
    return receipt(number, kind, draw(st.integers(0, 40)), sale, who=who, source=source, **event)


@st.composite
def stories(draw: st.DrawFn, most: int = 10) -> list[SaleRow]:
    """Receipts of a few numbers, tills and customers, so that they meet."""
    return [draw(receipts(number)) for number in range(draw(st.integers(1, most)))]


@st.composite
def batches(draw: st.DrawFn, said: Sequence[SaleRow]) -> list[list[SaleRow]]:
    """The receipts in another order, some delivered twice, cut into turns."""
    order = draw(st.permutations([*said, *draw(st.lists(st.sampled_from(said), max_size=2))]))
    out: list[list[SaleRow]] = [[]]
    for row in order:
        out[-1].append(row)
        if draw(st.booleans()):
            out.append([])
    return [batch for batch in out if batch]
