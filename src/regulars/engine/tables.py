"""The tables whose rows a turn writes by the thousand, column by column as the migrations made them."""

from __future__ import annotations

from typing import Final

from regulars.store.rows import (
    BIGINT,
    BOOLEAN,
    BYTEA,
    CODE,
    DATE,
    INTEGER,
    MAYBE_INTEGER,
    SMALLINT,
    TEXT,
    TIMESTAMPTZ,
    UUID,
    RowType,
)

EVENT: Final = RowType(
    "event",
    {
        "workspace_id": INTEGER,
        "event_no": BIGINT,
        "received_at": TIMESTAMPTZ,
        "occurred_at": TIMESTAMPTZ,
        "event_key": UUID,
        "turn_no": BIGINT,
        "source_id": INTEGER,
        "type": CODE,
        "record_id": UUID,
        "sealed": BYTEA,
    },
)
FIGURES: Final = RowType(
    "record_figures",
    {
        "workspace_id": INTEGER,
        "record_id": UUID,
        "seen_hash": UUID,
        "seen_at": TIMESTAMPTZ,
        "seen_key": UUID,
        "last_at": TIMESTAMPTZ,
        "figures": BYTEA,
    },
)
MATCH_KEY: Final = RowType(
    "match_key",
    {"workspace_id": INTEGER, "model_no": SMALLINT, "key": BIGINT, "record_id": UUID},
)
LEDGER_TXN: Final = RowType(
    "ledger_txn",
    {
        "workspace_id": INTEGER,
        "txn_id": UUID,
        "programme": SMALLINT,
        "kind": CODE,
        "event_key": UUID,
        "occurred_at": TIMESTAMPTZ,
        "recorded_at": TIMESTAMPTZ,
        "actor": CODE,
        "reason": TEXT,
        "version": MAYBE_INTEGER,
    },
)
LEDGER_ENTRY: Final = RowType(
    "ledger_entry",
    {
        "workspace_id": INTEGER,
        "txn_id": UUID,
        "entry_no": SMALLINT,
        "record_id": UUID,
        "point": CODE,
        "lot_id": UUID,
        "debit": CODE,
        "credit": CODE,
        "amount": BIGINT,
    },
)
HOUSEHOLD_KEY: Final = RowType("household_key", {"workspace_id": INTEGER, "key": BIGINT, "record_id": UUID})
SALE: Final = RowType(
    "sale",
    {
        "workspace_id": INTEGER,
        "sale_id": UUID,
        "kind": SMALLINT,
        "version": BIGINT,
        "source_id": INTEGER,
        "record_id": UUID,
        "counted_on": UUID,
        "counted": BOOLEAN,
        "void": BOOLEAN,
        "occurred_at": TIMESTAMPTZ,
        "business_date": DATE,
        "store": CODE,
        "till": CODE,
        "channel": CODE,
        "staff": CODE,
        "receipt": TEXT,
        "receipt_key": UUID,
        "original_key": UUID,
        "original_id": UUID,
        "original_store": CODE,
        "original_till": CODE,
        "original_date": DATE,
        "currency": CODE,
        "total_minor": BIGINT,
        "tax_minor": BIGINT,
        "discount_minor": BIGINT,
        "items_micro": BIGINT,
        "event_no": BIGINT,
        "event_key": UUID,
        "lines": BYTEA,
    },
)
