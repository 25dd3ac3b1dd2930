"""What a turn writes of loyalty: accounts, lots, holds and earnings as they are now, and what the ledger grew by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.state import Account, Ask, Earning, Hold, Lot, Transaction
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call

from .documents import Blob, document
from .points import Points
from .tables import LEDGER_ENTRY, LEDGER_TXN

_SQL = load_queries("regulars.capabilities.loyalty")
_encode = msgspec.json.encode


def loyalty_calls(points: Points, workspace: dict[str, Any], *, log: bool) -> Iterator[Call]:
    """One statement for each table that has anything to write. A rebuild posts nothing: entries were posted once."""
    accounts: dict[tuple[str, int], Account] = {}
    lots: dict[str, Lot] = {}
    holds: dict[str, Hold] = {}
    earnings: dict[tuple[str, str, int], Earning] = {}
    for book in points.books:
        member = book.member
        accounts.update({(rid, member.programme): member.accounts[rid] for rid in book.accounts})
        lots.update({lot_id: member.lots[lot_id] for lot_id in book.lots})
        holds.update({hold_id: member.holds[hold_id] for hold_id in book.holds})
        earnings.update({(*place, member.programme): member.earnings[place] for place in book.earnings})
    yield from rows_calls(accounts.values(), lots.values(), holds.values(), earnings.values(), workspace)
    if log:
        yield from _asks(points.books, workspace)
        posted = [(book.key, one) for book in points.books for one in book.transactions]
        yield from ledger_calls(posted, workspace)
        pairs = [(first, other) for first, *others in sorted(points.met) for other in others]
        if pairs:
            hubs, ids = zip(*pairs, strict=True)
            yield Call(_SQL.save_met, workspace | {"hubs": uuids(hubs), "ids": uuids(ids)})


def rows_calls(
    accounts: Collection[Account],
    lots: Collection[Lot],
    holds: Collection[Hold],
    earnings: Collection[Earning],
    workspace: dict[str, Any],
) -> Iterator[Call]:
    """One statement for each table that there are rows of."""
    for sql, rows in ((_SQL.save_accounts, accounts), (_SQL.save_lots, lots), (_SQL.save_holds, holds)):
        if rows:
            yield Call(sql, workspace | {"doc": document(list(rows))})
    if earnings:
        yield _earnings(earnings, workspace)


def _earnings(earnings: Iterable[Earning], workspace: dict[str, Any]) -> Call:
    blob = Blob()
    rows = []
    for earning in earnings:
        at, size = blob.add(_encode(earning))
        rows.append(
            {
                "record_id": earning.record_id,
                "programme": earning.programme,
                "key": earning.key,
                "occurred_at": earning.occurred_at,
                "at": at,
                "size": size,
            }
        )
    return Call(_SQL.save_earnings, workspace | {"doc": document(rows), "blob": blob.whole()})


def _asks(books: Iterable[Book], workspace: dict[str, Any]) -> Iterator[Call]:
    """What a person is to look at. It is asked once, and no more when the points went otherwise."""
    asked: dict[str, Ask | None] = {}
    for book in books:
        asked.update(book.asks)
    waiting = [_ask(one) for one in asked.values() if one is not None]
    over = [id_ for id_, one in asked.items() if one is None]
    if waiting:
        yield Call(_SQL.ask_reviews, workspace | {"doc": document(waiting)})
    if over:
        yield Call(_SQL.end_reviews, workspace | {"ids": uuids(over)})


def _ask(one: Ask) -> dict[str, Any]:
    command = msgspec.to_builtins(msgspec.structs.asdict(one))
    for name in ("approval_id", "record_id", "store", "until"):
        del command[name]
    return {
        "approval_id": one.approval_id,
        "subject": one.record_id,
        "stores": None if one.store is None else [one.store],
        "command": {"member": one.record_id, **command},
        "expires_at": one.until,
    }


def ledger_calls(posted: Sequence[tuple[str, Transaction]], workspace: dict[str, Any]) -> Iterator[Call]:
    """Add transactions to the ledger, each with the key of its event; nothing where there are none."""
    if not posted:
        return
    transactions: dict[str, list[Any]] = {
        "txn_id": [one.key for _, one in posted],
        "programme": [one.programme for _, one in posted],
        "kind": [one.kind for _, one in posted],
        "event_key": [key for key, _ in posted],
        "occurred_at": [one.occurred_at for _, one in posted],
        "actor": [one.actor for _, one in posted],
        "reason": [one.reason for _, one in posted],
        "version": [one.version for _, one in posted],
    }
    entries = [(one.key, number, entry) for _, one in posted for number, entry in enumerate(one.entries)]
    moved: dict[str, list[Any]] = {
        "txn_id": [key for key, _, _ in entries],
        "entry_no": [number for _, number, _ in entries],
        "record_id": [entry.record_id for _, _, entry in entries],
        "point": [entry.point for _, _, entry in entries],
        "lot_id": [entry.lot_id for _, _, entry in entries],
        "debit": [entry.debit for _, _, entry in entries],
        "credit": [entry.credit for _, _, entry in entries],
        "amount": [entry.amount for _, _, entry in entries],
    }
    same = {"workspace_id": workspace["workspace_id"], "recorded_at": workspace["now"]}
    yield Call(_SQL.save_transactions, {"rows": LEDGER_TXN.rows(len(posted), transactions, same)})
    yield Call(_SQL.save_entries, {"rows": LEDGER_ENTRY.rows(len(entries), moved, same)})
