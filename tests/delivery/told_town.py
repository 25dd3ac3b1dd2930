"""A workspace whose vendors are told what its members have, and the vendors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from regulars.capabilities.loyalty.shop_codes import shop_code
from regulars.connectors import connectors
from regulars.delivery import Delivery
from regulars.demo.retail import Account
from regulars.engine.lane import Observer
from regulars.engine.prepared import Item
from regulars.engine.programmes import publication, save_draft
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.session import Session
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.events import HELD, Event, Loyalty
from regulars.vocabulary.intake import LoyaltyAnswer, Result, Source, own_source
from tests.delivery.support import Start
from tests.delivery.vendors import Vendors, open_vendors
from tests.engine.club import BASE, KNOWN, TIERS

REWARD = """
[[reward]]
code = "fiver"
name = "5 off"
point = "points"
points = 50
kind = "amount_off"
value_minor = { GBP = 500 }
"""
PROGRAMME = BASE + TIERS + REWARD + KNOWN
SYSTEMS = ("square", "shopify")


class Waker(Observer):
    """Wakes delivery after each turn, from the engine's thread."""

    def __init__(self) -> None:
        self.delivery: Delivery | None = None

    def turned(self, items: Sequence[Item], results: Sequence[Result], seconds: float) -> None:
        if self.delivery is not None and items:
            self.delivery.wake(items[0].source.workspace_id)


class Town:
    """A workspace with a programme for everybody known, and sources whose vendors are told."""

    def __init__(self, database: Database, master: MasterKey, sources: Sources, gate: EngineGate) -> None:
        self.database, self.master, self.sources, self.gate = database, master, sources, gate
        self.workspace = 0
        self.source: dict[str, Source] = {}
        self.write_backs = WriteBacks(database, audit=write_line_async)
        self.numbers = count(1)
        self.delivery: Delivery | None = None

    async def open(self, workspace: int, vendors: Vendors, *, write_back: str = "on") -> None:
        """Publish the programme and connect both vendors."""
        self.workspace, self.vendors_at = workspace, vendors
        session, vault = Session(self.database), Vault(self.master, workspace)
        now = utc_now() - timedelta(days=9)
        draft = save_draft(session, vault, PROGRAMME, number=None, actor="t", now=now)
        body = publication(session, vault, draft.number, effective_from=now, actor="t", reason="", now=now)
        session.close()
        await self.gate.submit(own_source(workspace), [body], door="test")
        for system in SYSTEMS:
            known = await self.sources.create(
                workspace,
                system,
                kind=system,
                options=vendors.options() | {"write_back": write_back, "currency": "GBP"},
                secrets=vendors.secrets(system),
            )
            self.source[system] = known.source

    async def sell(
        self, who: Account, minor: int, receipt: str | None = None, version: int = 1, coupon: str = ""
    ) -> None:
        """A sale of a vendor's customer: a point for each whole pound."""
        number = next(self.numbers)
        receipt = receipt or f"R-{number}"
        event = {
            "id": f"e-{number}",
            "type": "sale.completed",
            "occurred_at": utc_now().isoformat(),
            "customer": {"external_id": who.id, "phone": who.phone},
            "sale": {
                "receipt": receipt,
                "version": version,
                "receipt_unique": True,
                "currency": "GBP",
                "total_minor": minor,
                "lines": [{"line_id": "1", "total_minor": minor}],
                "coupons": [coupon] if coupon else [],
            },
        }
        await self.tell(who.system, msgspec.json.encode(event))

    async def command(self, type_: str, **said: Any) -> LoyaltyAnswer:
        """A command about a member's points."""
        event = Event(
            id=f"c-{next(self.numbers)}", type=type_, occurred_at=utc_now(), loyalty=Loyalty(**said)
        )
        (result,) = await self.gate.submit(
            own_source(self.workspace), [msgspec.json.encode(event)], door="test"
        )
        (answer,) = result.loyalty
        return answer

    async def reserve(self, who: Account, ttl_seconds: int = 900) -> tuple[str, str]:
        """Reserve five pounds off at the web shop; the hold and its code."""
        record = Vault(self.master, self.workspace).hash("record", "2", "external_id", who.id)
        said = {"amount": 50, "point": "points", "reward": "fiver", "shop": 2, "ttl_seconds": ttl_seconds}
        answer = await self.command(HELD, member=record, **said)
        assert answer.hold is not None
        return answer.hold, shop_code(answer.hold)

    async def tell(self, system: str, *bodies: bytes) -> None:
        """Events of a source."""
        for result in await self.gate.submit(self.source[system], bodies, door="hook"):
            assert result.status != "rejected", result.error

    async def waiting(self) -> int:
        """Members that vendors are still to be told of."""
        found = [
            await self.write_backs.figures(self.workspace, one.source_id) for one in self.source.values()
        ]
        return sum(one.waiting for one in found)

    async def is_quiet(self) -> bool:
        """Nothing waits."""
        return await self.waiting() == 0

    async def rows(self, query: Any) -> list[Any]:
        """Rows of the workspace."""
        async with self.database.read(self.workspace) as conn:
            return await (await conn.execute(query)).fetchall()


@pytest.fixture(scope="module")
async def both(anyio_backend: str) -> AsyncIterator[Vendors]:
    async with open_vendors() as vendors:
        yield vendors


@pytest.fixture
async def vendors(both: Vendors) -> AsyncIterator[Vendors]:
    """The vendors; what they were asked must have been as they describe it."""
    both.called.clear()
    both.before = both.after = go_on
    yield both
    both.before = both.after = go_on
    assert both.wrong == []


@pytest.fixture
async def town(
    opened: Database,
    master_key: MasterKey,
    sources: Sources,
    here: int,
    vendors: Vendors,
    start: Start,
    tmp_path: Any,
) -> AsyncIterator[Town]:
    Store(opened, master_key, tmp_path, None).ensure_partitions()
    waker = Waker()
    gate = EngineGate(opened, master_key, observer=waker)
    town = Town(opened, master_key, sources, gate)
    await town.open(here, vendors)
    waker.delivery = town.delivery = await start(connectors=connectors(), lease_seconds=2.0)
    yield town
    await asyncio.to_thread(gate.close)


async def nothing(*_: Any) -> None:
    """Do nothing."""
    return


async def go_on(_: str) -> None:
    """A vendor that answers as it should."""
    return


def hold_owner(town: Town, who: Account) -> str:
    """The record of a customer of the web shop."""
    return Vault(town.master, town.workspace).hash("record", "2", "external_id", who.id)
