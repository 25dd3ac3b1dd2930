"""Two hundred tills at once on one member, one voucher and one budget, over real sockets to the whole program."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from regulars.engine.turn import utc_now
from regulars.store.database import Database
from regulars.store.ledger_audit import audit_ledger
from regulars.store.master import MasterKey
from regulars.vocabulary.events import ADJUSTED, Event, Loyalty
from regulars.vocabulary.intake import own_source
from tests.api.shop_offers import basket, line, text
from tests.api.till import PROGRAMME, publish
from tests.fresh import fresh
from tests.rewards import REWARDS
from tests.sdk.site import Site, served
from tests.servers import TestServer

pytestmark = [pytest.mark.anyio, pytest.mark.embedded_only]
TILLS = 200
POINTS, EACH = 1_000, 30
BUDGET, OFF = 500, 45
"""A tenth off a tea of 4.50 is 0.45, of which the budget has eleven."""


class Crowd:
    """Many tills, each with a connection of its own."""

    def __init__(self, site: Site, key: str) -> None:
        limits = httpx.Limits(max_connections=TILLS, max_keepalive_connections=TILLS)
        headers = {"authorization": f"Bearer {key}"}
        self.client = httpx.AsyncClient(base_url=site.url, headers=headers, limits=limits, timeout=30)
        self.answers: Counter[tuple[str, int, str]] = Counter()

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Any answer but a failure of the server; what it was is counted."""
        answer = await self.client.post(path, json=body, headers={"idempotency-key": fresh()})
        told = dict(answer.json())
        self.answers[path, answer.status_code, str(told.get("code", ""))] += 1
        assert answer.status_code < 500, answer.text
        return told

    async def sell(self, minor: int, **more: Any) -> dict[str, Any]:
        lines = [{"line_id": "1", "sku": "TEA", "total_minor": minor}]
        sale = {"receipt": fresh(), "currency": "GBP", "total_minor": minor, "lines": lines}
        return await self.post(
            "/v1/sales", {"occurred_at": utc_now().isoformat(), "store": "s1", "sale": sale, **more}
        )

    async def spend(self, member: str) -> int:
        """Points a till could hold, and spent."""
        held = await self.post("/v1/holds", {"member_id": member, "amount": EACH})
        if "id" not in held:
            return 0
        sold = await self.sell(0, member_id=member, holds=[{"id": held["id"]}])
        return sum(int(one["captured"]) for one in sold["holds"])

    async def use(self, member: str, **asked: Any) -> int:
        """Money off that a till could reserve, and gave; 0 where there was none any more."""
        told = await self.post("/v1/quotes", basket(line(), member_id=member, reserve=True, **asked))
        if not told.get("hold"):
            return 0
        sold = await self.sell(told["total_minor"], member_id=member, offers_hold=told["hold"]["id"])
        assert "sale_id" in sold, sold
        return int(told["discount_minor"])


async def test_c5_nothing_is_spent_twice_however_many_ask_at_once(
    server: TestServer, master_key: MasterKey, private_directory: Callable[[], Path]
) -> None:
    name = server.create()
    database = Database(server.dsn(name))
    with served(database, master_key, private_directory()) as site:
        program = site.program
        key = site.run(
            program.keys.create(program.workspace_id, name="t", scopes=["till", "admin"], source="t")
        )
        site.run(publish(program, PROGRAMME + REWARDS))
        crowd = Crowd(site, key.text)
        async with crowd.client:
            member, code = await _rich_member(site, crowd)
            jobs = [crowd.spend(member) for _ in range(80)]
            jobs += [crowd.use(member, codes=[code], store="other") for _ in range(40)]
            jobs += [crowd.use(member) for _ in range(80)]
            told = await asyncio.gather(*jobs)
            points, vouchers, budget = told[:80], told[80:120], told[120:]
            shown = (await crowd.client.get(f"/v1/members/{member}")).json()
        earned = 11 * 4 + 2
        assert shown["balance"] == POINTS + earned - sum(points) >= 0, "every point is accounted for"
        assert sum(points) >= POINTS // EACH * EACH, "all that could be held was spent"
        assert [one for one in vouchers if one] == [200], "the voucher was used once"
        assert [one for one in budget if one] == [OFF] * (BUDGET // OFF), "the budget was given, and no more"
        assert shown["held"] == 0
        assert {status for _, status, _ in crowd.answers} <= {200, 201, 409}
        with database.session(program.workspace_id) as conn:
            assert audit_ledger(conn, program.workspace_id) == []
            used = conn.execute(
                "select promotion_id, uses, held, spent_minor from promotion_count where scope = 'total' order by 1"
            ).fetchall()
        assert used == [("tenth", 11, 0, 495), ("~voucher", 1, 0, 200)]
    server.drop(name)


async def _rich_member(site: Site, crowd: Crowd) -> tuple[str, str]:
    """A member with so many points and a voucher; and a promotion with a budget, in one store."""
    body = {"content": text("tenth", more='stores = ["s1"]\n[limits]\nbudget_minor = 500')}
    assert (await crowd.post("/v1/promotions", body))["faults"] == []
    await crowd.post("/v1/promotions/tenth/activate", {})
    member = (await crowd.post("/v1/members", {"customer": {"external_id": "ann"}}))["member_id"]
    said = Loyalty(member=member, amount=POINTS + 100, reason="To spend.")
    event = Event(id=fresh(), type=ADJUSTED, occurred_at=utc_now(), loyalty=said)
    source = own_source(site.program.workspace_id)
    site.run(site.program.gate.submit(source, [msgspec.json.encode(event)], door="test"))
    held = await crowd.post("/v1/holds", {"member_id": member, "reward": "later"})
    await crowd.sell(0, member_id=member, holds=[{"id": held["id"]}])
    shown = (await crowd.client.get(f"/v1/members/{member}")).json()
    return str(member), str(shown["vouchers"][0]["code"])
