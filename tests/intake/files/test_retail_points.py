"""A real shop's two years under a published programme: balances and tiers as the file itself gives them, in any order."""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec
import pytest

from regulars.capabilities.loyalty.fold import credits_of
from regulars.capabilities.loyalty.programme import parse
from regulars.capabilities.loyalty.state import Account, Member
from regulars.capabilities.loyalty.tiers import tier_at
from regulars.intake.files import Options, run_import
from regulars.store.database import Database
from regulars.store.ledger_audit import audit_ledger
from regulars.store.master import MasterKey
from regulars.store.partitions import ensure_partitions
from regulars.store.workspaces import add_workspace
from tests.engine.club import Club
from tests.engine.world import World
from tests.intake.files import retail
from tests.intake.files.support import SHOP, Keeper, Positions
from tests.intake.files.test_online_retail import MAPPING

ONE_IN = int(os.environ.get("REGULARS_RETAIL_ONE_IN", "1"))
"""So many customers to one that is looked at: all of them, unless somebody is in a hurry."""
LAST_DAY = date(2011, 12, 9)
PROGRAMME = """
name = "Gift Club"
time_zone = "Europe/London"
[members]
who = "known"
[currencies]
GBP = { per_minor = 100 }
[[point]]
code = "points"
name = "Points"
[[earn]]
id = "base"
point = "points"
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "silver"
name = "Silver"
threshold = 100_000
[[tier]]
code = "gold"
name = "Gold"
threshold = 500_000
[cycle]
months = 12
"""
pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(not retail.FILE.is_file(), reason=f"the file is not there: {retail.FILE}"),
]


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    """The events of the import, of the customers that are looked at."""
    gate = Keeper()
    asyncio.run(run_import(Options(file=retail.FILE, kind="sales", mapping=MAPPING), gate, SHOP, Positions()))
    own = [event for event in gate.all() if event.customer is not None]
    return [
        msgspec.json.encode(event)
        for event in own
        if event.customer is not None and int(event.customer.external_id or 0) % ONE_IN == 0
    ]


@pytest.fixture(scope="module")
def expected() -> dict[str, tuple[int, str]]:
    """(balance, tier on the file's last day) of each customer, from the file alone."""
    invoices, _ = retail.read()
    points: dict[str, int] = defaultdict(int)
    spent: dict[str, dict[date, list[int]]] = defaultdict(lambda: defaultdict(list))
    for invoice in invoices.values():
        if invoice.customer is None or invoice.customer % ONE_IN:
            continue
        pence, name = invoice.total_minor, str(invoice.customer)
        points[name] += pence // 100 if pence > 0 else -(-pence // 100)
        spent[name][invoice.at.astimezone(retail.LONDON).date()].append(pence)
    return {name: (points[name], tier(spent[name])) for name in points}


def tier(spent: dict[date, list[int]]) -> str:
    """The highest tier that a purchase of the last twelve months reached with the twelve months before it."""
    best = 0
    for day, amounts in spent.items():
        if year_later(day) <= LAST_DAY or sum(amounts) <= 0:
            continue
        window = sum(sum(other) for then, other in spent.items() if then <= day < year_later(then))
        best = max(best, sum(window >= least for least in (100_000, 500_000)))
    return ("base", "silver", "gold")[best]


def year_later(day: date) -> date:
    return date(day.year + 1, day.month, min(day.day, 28) if day.month == 2 else day.day)


@pytest.fixture(scope="module", params=["written", "shuffled"])
def club(
    request: pytest.FixtureRequest, module_database: Database, master_key: MasterKey, bodies: list[bytes]
) -> Iterator[Club]:
    owner = module_database.connect_owner()
    ensure_partitions(owner, datetime.now(UTC))
    owner.close()
    workspace_id = add_workspace(module_database, f"points-{request.param}")
    world = World(module_database, master_key, workspace_id)
    gate = world.gate()
    club = Club(world, gate)
    began = datetime(2009, 1, 1, tzinfo=UTC)
    club.publish(PROGRAMME, since=began, now=began)
    told = list(bodies)
    if request.param == "shuffled":
        random.Random(5).shuffle(told)
    for page in batched_by(told, 500):
        results = gate.submit_wait(world.sources[2], page, door="import")
        assert {result.status for result in results} == {"applied"}
    yield club
    gate.close()


def batched_by(bodies: list[bytes], size: int) -> Iterator[list[bytes]]:
    """Pages of a list."""
    for start in range(0, len(bodies), size):
        yield bodies[start : start + size]


def test_every_customer_has_the_balance_and_the_tier_of_the_file(
    club: Club, expected: dict[str, tuple[int, str]]
) -> None:
    programme = parse(PROGRAMME)
    rows = club.world.rows(
        """
        select a.record_id, a.credits, coalesce((a.debt ->> 'points')::bigint, 0),
            (select coalesce(sum(l.remaining), 0)::bigint from loyalty_lot l where l.record_id = a.record_id)
        from loyalty_account a
        """
    )
    found = {}
    for record_id, credit, debt, remaining in rows:
        member = Member(1, accounts={record_id.hex: Account(record_id.hex, 1, credits=credit)})
        standing = tier_at(programme, credits_of(member), LAST_DAY)
        found[record_id.hex] = (remaining - debt, standing.tier)
    ids = {club.world.vault.hash("record", "2", "external_id", name): name for name in expected}
    assert {ids[record_id]: told for record_id, told in found.items()} == expected


def test_the_books_of_the_whole_history_balance(club: Club) -> None:
    with club.world.database.session(club.world.workspace_id) as connection:
        assert audit_ledger(connection, club.world.workspace_id) == []
