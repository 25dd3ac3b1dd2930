"""An import whose process is killed goes on, and nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from regulars.capabilities.profile.state import Figures
from regulars.intake.files import Options
from regulars.store.database import Database
from regulars.store.partitions import ensure_partitions
from regulars.store.workspaces import ensure_default
from tests.intake.files.runner import import_into
from tests.intake.files.support import csv_text
from tests.servers import wait_until

ROOT = Path(__file__).resolve().parents[3]
RECEIPTS = 6_000
CUSTOMERS = 40
HEADER = ("receipt", "occurred_at", "currency", "sku", "quantity", "unit_price", "external_id")
START = datetime(2026, 1, 1, tzinfo=UTC)


def sales() -> str:
    """Receipts of two lines, three pounds each, of customers in turn; every tenth is anonymous."""
    rows = []
    for number in range(RECEIPTS):
        at = (START + timedelta(minutes=number)).isoformat()
        customer = "" if number % 10 == 0 else f"c-{number % CUSTOMERS}"
        rows += [(f"R{number}", at, "GBP", sku, "1", "1.50", customer) for sku in ("TEA", "MUG")]
    return csv_text(HEADER, *rows)


def asked(database: Database, query: str) -> list[tuple[Any, ...]]:
    workspace_id = ensure_default(database)
    with database.session(workspace_id, read_only=True) as connection:
        return connection.execute(query, (workspace_id,)).fetchall()


def test_a_killed_import_goes_on_and_counts_everything_once(database: Database, tmp_path: Path) -> None:
    owner = database.connect_owner()
    ensure_partitions(owner, datetime.now(UTC))
    owner.close()
    path = tmp_path / "sales.csv"
    path.write_text(sales())
    ensure_default(database)
    command = [sys.executable, "-m", "tests.intake.files.runner", database.dsn, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"})
    try:
        begun = "select position from import_run where workspace_id = %s and position >= 1000"
        wait_until(lambda: bool(asked(database, begun)) or process.poll() is not None)
    finally:
        process.kill()
        process.wait(30)
    (stored,) = asked(database, "select count(*) from sale where workspace_id = %s")
    assert 1_000 <= stored[0] < RECEIPTS, "it was killed in the middle"

    report = asyncio.run(import_into(database, Options(file=path, kind="sales")))
    assert 1_000 <= report.resumed_after <= stored[0]
    assert report.applied + report.duplicate == RECEIPTS
    assert report.rejected == 0

    rows = asked(
        database,
        "select count(*), count(distinct receipt), sum(total_minor) from sale where workspace_id = %s",
    )
    assert rows == [(RECEIPTS, RECEIPTS, RECEIPTS * 300)]
    figures = [
        msgspec.json.decode(stored, type=Figures)
        for (stored,) in asked(database, "select figures from record_figures where workspace_id = %s")
    ]
    assert sum(one.orders for one in figures) == RECEIPTS - RECEIPTS // 10
    assert sum(one.spend_minor["GBP"] for one in figures) == (RECEIPTS - RECEIPTS // 10) * 300
    assert len(figures) == CUSTOMERS - CUSTOMERS // 10
