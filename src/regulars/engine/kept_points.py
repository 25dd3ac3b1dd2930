"""Points of those who were one member with somebody erased: they stand as they are, though what they follow from is gone.

The log gives the points of everybody, but an erasure takes events out of it. While two records were one member, what
one of them has may follow from the other: points spent together, a tier, a limit. So an erasure keeps the points of
all whom that may be true of, beside its own event, and a rebuild goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct, field

from regulars.capabilities.loyalty.state import Account, Earning, Hold, Lot, Taken
from regulars.capabilities.loyalty.terms import Reward
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault

from .saving_loyalty import rows_calls

_SQL = load_queries("regulars.store", "erase.sql")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
_TURN = load_queries("regulars.store", "turn.sql")
_earning = msgspec.json.Decoder(Earning).decode


class Kept(Struct):
    """All that loyalty keeps of a record, in every programme."""

    accounts: list[Account] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    earnings: list[Earning] = field(default_factory=list)


_kept = msgspec.json.Decoder(Kept).decode


def account_of(row: Row) -> Account:
    """Out of a row of load_accounts."""
    account = Account(*row)
    account.debt, account.credits, account.used = (
        dict(part) for part in (account.debt, account.credits, account.used)
    )
    return account


def hold_of(row: Row) -> Hold:
    """Out of a row of load_holds."""
    *values, lots, reward = row
    hold = Hold(*values)
    hold.lots = [Taken(*one) for one in lots]
    hold.reward = msgspec.convert(reward, Reward | None)
    return hold


def keep_points(session: Session, vault: Vault, erased: Iterable[str]) -> None:
    """Keep the points of all who were one member with erased records, or with one who was, and so on.

    To be called in the erasure's transaction when all it does is done, its event the last of the log.
    """
    workspace = {"workspace_id": vault.workspace_id}
    gone = workspace | {"ids": uuids(erased)}
    found, counters = session.run([Call(_SQL.find_met, gone), Call(_TURN.load_state, workspace)])
    others = sorted(row[0] for row in found)
    session.run([Call(_SQL.delete_met, gone), Call(_SQL.delete_kept, gone)])
    if not others:
        return
    hubs, rest = uuids(others[:1] * (len(others) - 1)), uuids(others[1:])
    session.run([Call(_LOYALTY.save_met, workspace | {"hubs": hubs, "ids": rest})])
    for record_id in others:
        doc = msgspec.json.encode(_load(session, workspace | {"ids": uuids([record_id])}))
        said = workspace | {"id": record_id, "event_no": counters[0][0], "doc": doc}
        session.run([Call(_SQL.save_kept, said)])


def _load(session: Session, asked: dict[str, Any]) -> Kept:
    accounts, lots, holds, earnings = session.run(
        [
            Call(sql, asked)
            for sql in (
                _LOYALTY.load_accounts,
                _LOYALTY.load_all_lots,
                _LOYALTY.load_all_holds,
                _LOYALTY.load_all_earnings,
            )
        ]
    )
    return Kept(
        [account_of(row) for row in accounts],
        [Lot(*row) for row in lots],
        [hold_of(row) for row in holds],
        [_earning(row[2]) for row in earnings],
    )


def put_back(session: Session, workspace_id: int, rows: Iterable[Row]) -> None:
    """In a copy of the workspace: what was kept at an erasure takes the place of what the log gave until then.

    `rows` are those of read_kept. Commits.
    """
    workspace = {"workspace_id": workspace_id}
    session.begin(workspace_id)
    for record_id, doc in rows:
        kept, with_id = _kept(doc), workspace | {"ids": uuids([record_id])}
        emptied = (_SQL.delete_accounts, _SQL.delete_lots, _SQL.delete_holds, _SQL.delete_earnings)
        calls = [Call(sql, with_id) for sql in emptied]
        calls += rows_calls(kept.accounts, kept.lots, kept.holds, kept.earnings, workspace)
        session.run(calls)
    session.commit()
