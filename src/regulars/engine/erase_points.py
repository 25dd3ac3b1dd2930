"""Points of somebody who is erased: accounts, lots, holds and earnings go, and the books are closed.

The ledger only grows. Its entries keep the record's id, which leads to nobody any more; what the person had left is
posted from `member` to `erased`, and what they owed from `erased` to `debt`, so that everything still adds up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.ledger import in_order
from regulars.capabilities.loyalty.state import Entry, Transaction
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Session
from regulars.store.vault import Vault

from .saving_loyalty import ledger_calls

_SQL = load_queries("regulars.store", "erase.sql")
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
    workspace = {"workspace_id": vault.workspace_id, "now": now}
    by_programme: dict[int, list[Left]] = defaultdict(list)
    for one in left:
        by_programme[one.programme].append(one)
    posted = [
        (key, _closing(vault, key, programme, parts, actor=actor, now=now))
        for programme, parts in sorted(by_programme.items())
    ]
    with_ids = workspace | {"ids": uuids(record_ids)}
    session.run(
        [
            *ledger_calls(posted, workspace),
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


def _closing(
    vault: Vault, key: str, programme: int, parts: Iterable[Left], *, actor: str, now: datetime
) -> Transaction:
    """What closes the books of a programme."""
    txn_id = in_order(now, vault.hash("txn", key, str(programme), KIND))
    return Transaction(txn_id, programme, KIND, now, actor, "", None, [_entry(one) for one in parts])


def _entry(one: Left) -> Entry:
    account = state.MEMBER if one.lot_id is not None else state.DEBT
    debit, credit = (account, state.ERASED) if one.amount > 0 else (state.ERASED, account)
    return Entry(one.record_id, one.point, one.lot_id, debit, credit, abs(one.amount))
