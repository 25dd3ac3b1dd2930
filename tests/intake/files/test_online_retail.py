"""The whole of a real web shop's two years is imported to the penny, twice."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from regulars.capabilities.profile.state import Figures
from regulars.intake.files import Options, Report, run_import
from regulars.intake.gate import EngineGate
from regulars.store.database import Database
from regulars.store.imports import ImportRuns
from regulars.store.master import MasterKey
from regulars.store.partitions import ensure_partitions
from regulars.store.sources import Sources
from regulars.store.workspaces import ensure_default
from regulars.vocabulary.events import Event
from tests.intake.files import retail
from tests.intake.files.support import SHOP, Keeper, Positions

MAPPING = Path(__file__).resolve().parents[3] / "examples" / "mappings" / "online-retail.toml"
ASSEMBLY_SECONDS_MAX = 60.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not retail.FILE.is_file(), reason=f"the file is not there: {retail.FILE}"),
]


class Facts(NamedTuple):
    invoices: dict[str, retail.Invoice]
    customers: dict[str, retail.Customer]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts(*retail.read())


class Assembled(NamedTuple):
    report: Report
    events: list[Event]
    seconds: float


@pytest.fixture(scope="module")
def assembled() -> Assembled:
    gate = Keeper()
    began = time.process_time()
    options = Options(file=retail.FILE, kind="sales", mapping=MAPPING)
    report = asyncio.run(run_import(options, gate, SHOP, Positions()))
    return Assembled(report, gate.all(), time.process_time() - began)


def test_the_facts_are_what_is_known_of_the_file(facts: Facts) -> None:
    assert len(facts.invoices) == retail.INVOICES
    assert len(facts.customers) == retail.CUSTOMERS
    assert sum(number.startswith("C") for number in facts.invoices) == retail.CANCELLATIONS
    assert sum(invoice.lines for invoice in facts.invoices.values()) == retail.LINES


def test_every_invoice_becomes_one_event_with_its_lines_time_and_amount(
    facts: Facts, assembled: Assembled
) -> None:
    assert (assembled.report.rows, assembled.report.rows_rejected) == (retail.LINES, 0)
    assert assembled.report.rejects_file is None
    seen: set[str] = set()
    for event in assembled.events:
        sale = event.sale
        assert sale is not None
        fact = facts.invoices[sale.receipt]
        sign = -1 if sale.receipt.startswith("C") else 1
        assert event.type == ("sale.refunded" if sign < 0 else "sale.completed")
        assert sale.original_receipt is None
        assert (sign * sale.total_minor, len(sale.lines)) == (fact.total_minor, fact.lines)
        assert sign * sum(line.quantity for line in sale.lines) == fact.quantity
        assert sum(line.total_minor for line in sale.lines) == sale.total_minor
        assert event.occurred_at == fact.at
        assert sale.business_date == fact.at.astimezone(retail.LONDON).date()
        assert (event.customer.external_id if event.customer else None) == (
            fact.customer and str(fact.customer)
        )
        assert sale.receipt not in seen
        seen.add(sale.receipt)
    assert len(seen) == retail.INVOICES


def test_the_country_goes_to_the_customer_as_a_code(facts: Facts, assembled: Assembled) -> None:
    codes: dict[str, set[str | None]] = {}
    for event in assembled.events:
        assert event.sale is not None
        if event.customer is not None:
            address = event.customer.address
            codes.setdefault(facts.invoices[event.sale.receipt].country, set()).add(
                address.country if address else None
            )
    assert all(len(found) == 1 for found in codes.values())
    assert (codes["EIRE"], codes["RSA"], codes["Unspecified"]) == ({"IE"}, {"ZA"}, {None})


def test_reading_mapping_and_assembling_are_quick(assembled: Assembled) -> None:
    # Some five seconds of processor time, with the checking gate about nine, on a quiet machine.
    assert assembled.seconds < ASSEMBLY_SECONDS_MAX


class Shop(NamedTuple):
    """A real engine on a real database."""

    database: Database
    workspace_id: int
    reports: list[Report]


@pytest.fixture(scope="module")
def shop(module_database: Database, master_key: MasterKey) -> Shop:
    """The shop after the file was imported twice."""
    workspace_id = ensure_default(module_database)
    owner = module_database.connect_owner()
    ensure_partitions(owner, datetime.now(UTC))
    owner.close()
    gate = EngineGate(module_database, master_key)

    async def both() -> list[Report]:
        await module_database.open()
        try:
            source = (
                await Sources(module_database, master_key).ensure(workspace_id, "web", kind="file")
            ).source
            options = Options(file=retail.FILE, kind="sales", mapping=MAPPING)
            progress = ImportRuns(module_database, workspace_id)
            return [await run_import(options, gate, source, progress) for _ in range(2)]
        finally:
            await module_database.close()

    reports = asyncio.run(both())
    gate.close()
    return Shop(module_database, workspace_id, reports)


def test_the_second_import_finds_everything_known(shop: Shop) -> None:
    first, second = shop.reports
    assert (first.applied, first.duplicate, first.rejected) == (retail.INVOICES, 0, 0)
    assert (second.applied, second.duplicate, second.rejected) == (0, retail.INVOICES, 0)


def test_every_invoice_is_stored_once_with_its_amount(facts: Facts, shop: Shop) -> None:
    query = "select receipt, kind, total_minor, occurred_at, currency, counted_on is null from sale where workspace_id = %s"
    with shop.database.session(shop.workspace_id, read_only=True) as connection:
        rows = connection.execute(query, (shop.workspace_id,)).fetchall()
    assert len(rows) == len({row[0] for row in rows}) == retail.INVOICES
    for receipt, kind, total_minor, occurred_at, currency, anonymous in rows:
        fact = facts.invoices[receipt]
        assert kind == (2 if receipt.startswith("C") else 1)
        assert (total_minor if kind == 1 else -total_minor) == fact.total_minor
        assert (occurred_at, currency) == (fact.at, "GBP")
        assert anonymous == (fact.customer is None)


def test_every_customer_has_the_figures_of_the_file(facts: Facts, shop: Shop) -> None:
    customers = customers_of_records(facts, shop)
    assert len(customers) == len(set(customers.values())) == retail.CUSTOMERS
    query = "select record_id, figures from record_figures where workspace_id = %s"
    with shop.database.session(shop.workspace_id, read_only=True) as connection:
        rows = connection.execute(query, (shop.workspace_id,)).fetchall()
    assert len(rows) == retail.CUSTOMERS
    for record_id, stored in rows:
        figures = msgspec.json.decode(stored, type=Figures)
        assert set(figures.spend_minor) <= {"GBP"}
        found = retail.Customer(
            orders=figures.orders,
            returns=figures.returns,
            spend_minor=figures.spend_minor.get("GBP", 0),
            first_at=figures.first_purchase_at,
            last_at=figures.last_purchase_at,
        )
        assert found == facts.customers[customers[record_id]]


def customers_of_records(facts: Facts, shop: Shop) -> dict[UUID, str]:
    """Which customer of the file each record is, by the invoices that count on it."""
    query = "select receipt, counted_on from sale where workspace_id = %s and counted_on is not null"
    with shop.database.session(shop.workspace_id, read_only=True) as connection:
        rows = connection.execute(query, (shop.workspace_id,)).fetchall()
    found: dict[UUID, str] = {}
    for receipt, record_id in rows:
        customer = str(facts.invoices[receipt].customer)
        assert found.setdefault(record_id, customer) == customer
    return found


def test_anonymous_invoices_count_for_the_shop(facts: Facts, shop: Shop) -> None:
    query = "select sum(orders), sum(identified), sum(returns), sum(paid_minor - returned_minor) from store_day where workspace_id = %s"
    with shop.database.session(shop.workspace_id, read_only=True) as connection:
        row = connection.execute(query, (shop.workspace_id,)).fetchone()
    assert row is not None
    sales = [invoice for number, invoice in facts.invoices.items() if not number.startswith("C")]
    assert [int(value) for value in row] == [
        len(sales),
        sum(invoice.customer is not None for invoice in sales),
        retail.CANCELLATIONS,
        sum(invoice.total_minor for invoice in facts.invoices.values()),
    ]
