"""Points of somebody who is erased: accounts, lots, holds and earnings go, and the books are closed.

The ledger only grows. Its entries keep the record's id, which leads to nobody any more; what the person had left is
posted from `member` to `erased`, and what they owed from `erased` to `debt`, so that everything still adds up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from regulars.capabilities.loyalty import state
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Session
from regulars.store.vault import Vault

from .documents import document

_SQL = load_queries("regulars.store", "erase.sql")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
KIND = "erase"


class Left(Struct, frozen=True):
    """Points of a record the books still hold: in a lot, or, without one, less than none for what is owed."""

    programme: int
    record_id: str
    point: str
    lot_id: str | None
    amount: int


def points_left(session: Session, vault: Vault, record_ids: Iterable[str]) -> list[Left]:
    """What the books still hold of records."""
    asked = {"workspace_id": vault.workspace_id, "ids": uuids(record_ids)}
    return [Left(*row) for row in session.run([Call(_SQL.points_left, asked)])[0]]


def forget_points(
    session: Session,
    vault: Vault,
    record_ids: Iterable[str],
    left: Iterable[Left],
    *,
    key: str,
    actor: str,
    now: datetime,
) -> None:
    """Close the books of records by `left`, and take everything else away. `key` is the erasure's event."""
    workspace = {"workspace_id": vault.workspace_id}
    by_programme: dict[int, list[Left]] = defaultdict(list)
    for one in left:
        by_programme[one.programme].append(one)
    transactions, entries = [], []
    for programme, parts in sorted(by_programme.items()):
        txn_id = vault.hash("txn", key, str(programme), KIND)
        transactions.append(
            {
                "txn_id": txn_id,
                "programme": programme,
                "kind": KIND,
                "event_key": key,
                "occurred_at": now,
                "actor": actor,
                "reason": "",
                "version": None,
            }
        )
        entries += [_entry(txn_id, number, one) for number, one in enumerate(parts)]
    posted = [
        Call(_LOYALTY.save_transactions, workspace | {"now": now, "doc": document(transactions)}),
        Call(_LOYALTY.save_entries, workspace | {"doc": document(entries)}),
    ]
    with_ids = workspace | {"ids": uuids(record_ids)}
    session.run(
        [
            *(posted if entries else ()),
            *(
                Call(sql, with_ids)
                for sql in (
                    _SQL.release_holds,
                    _SQL.delete_accounts,
                    _SQL.delete_lots,
                    _SQL.delete_holds,
                    _SQL.delete_earnings,
                )
            ),
        ]
    )


def _entry(txn_id: str, number: int, one: Left) -> dict[str, Any]:
    account = state.MEMBER if one.lot_id is not None else state.DEBT
    debit, credit = (account, state.ERASED) if one.amount > 0 else (state.ERASED, account)
    return {
        "txn_id": txn_id,
        "entry_no": number,
        "record_id": one.record_id,
        "point": one.point,
        "lot_id": one.lot_id,
        "debit": debit,
        "credit": credit,
        "amount": abs(one.amount),
    }
