"""The invariants of loyalty's books, checked by SQL on what is stored: what a nightly run and `doctor` look at."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from .database import Connection
from .queries import load_queries

_SQL = load_queries("regulars.store", "ledger_audit.sql")
CHECKS: Final = (
    "lots_off_the_ledger", "debts_off_the_ledger", "lots_out_of_bounds", "holds_off_the_lots", "empty_transactions",
    "stray_entries",
)  # fmt: skip


class Fault(Struct, frozen=True):
    """A check that found something: how many, and the id of one of them."""

    check: str
    count: int
    example: str


def audit_ledger(connection: Connection, workspace_id: int) -> list[Fault]:
    """What does not add up in a workspace; empty when the books are right. Reads every lot and entry."""
    found = []
    connection.execute(_SQL.on_one_core)
    for check in CHECKS:
        row = connection.execute(_SQL[check], {"workspace_id": workspace_id}).fetchone()
        if row is not None and row[0]:
            found.append(Fault(check, row[0], row[1]))
    return found
