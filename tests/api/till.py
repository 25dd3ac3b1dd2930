"""A shop with a loyalty programme, and a till that makes its calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import msgspec

from regulars.app import Program
from regulars.engine.programmes import publication, save_draft
from regulars.engine.turn import utc_now
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import Event, Loyalty
from regulars.vocabulary.intake import own_source
from tests.api.house import House, assert_error
from tests.fresh import fresh

PROGRAMME = """
name = "Club"
time_zone = "Europe/London"
[members]
sales_before_days = 14
[currencies]
GBP = { per_minor = 100 }
[[point]]
code = "points"
name = "Points"
value = { GBP = { minor = 1 } }
expiry = { policy = "months", months = 24 }
[[earn]]
id = "base"
point = "points"
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "gold"
name = "Gold"
threshold = 50_000
[redeem]
minimum = 10
step = 5
"""
_numbers = count(1)


async def publish(house: House | Program, text: str = PROGRAMME, *, workspace_id: int | None = None) -> None:
    """Put a first programme in force two months ago."""
    where, now = workspace_id or house.workspace_id, utc_now()
    vault = Vault(house.store.master, where)
    session = Session(house.database)
    draft = save_draft(session, vault, text, number=None, actor="user:1", now=now)
    since = now - timedelta(days=60)
    body = publication(session, vault, draft.number, effective_from=since, actor="user:1", reason="", now=now)
    session.close()
    (result,) = await house.gate.submit(own_source(where), [body], door="test")
    assert result.status == "applied", result.error


class Till:
    """Calls with the scope of a till. Names of customers and receipts are its own."""

    def __init__(self, house: House, *, scopes: tuple[str, ...] = ("till",), source: str = "tills") -> None:
        self.house, self.scopes, self.source = house, scopes, source

    async def call(self, method: str, path: str, json: Any = None, **options: Any) -> httpx.Response:
        """Any call."""
        return await self.house.call(
            method, path, json=json, scopes=self.scopes, source=self.source, **options
        )

    async def get(self, path: str, **params: Any) -> Any:
        """What a GET answers."""
        answer = await self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, json: Any, key: str | None = None) -> Any:
        """What a POST answers that must work."""
        headers = {"idempotency-key": key} if key is not None else {}
        answer = await self.call("POST", path, json, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, status: int, code: str, path: str, json: Any) -> dict[str, Any]:
        """The error of a POST that must not work."""
        return assert_error(await self.call("POST", path, json), status, code)

    async def enrol(self, **customer: Any) -> str:
        """A new member's id."""
        customer = customer or {"external_id": f"c-{fresh()}", "given_name": "Ann", "family_name": "Doe"}
        return str((await self.post("/v1/members", {"customer": customer}))["member_id"])

    async def command(self, type_: str, member: str, **values: Any) -> None:
        """A command about a member's points that is no call of a till."""
        said = Loyalty(member=member, actor="user:1", **values)
        event = Event(id=f"test-{fresh()}", type=type_, occurred_at=utc_now(), loyalty=said)
        source = own_source(self.house.workspace_id)
        (result,) = await self.house.gate.submit(source, [msgspec.json.encode(event)], door="test")
        assert [one.refused for one in result.loyalty] == [None], result

    async def wait_until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Until something holds, at most so long as a test may take."""
        deadline = asyncio.get_running_loop().time() + 20
        while not await holds():
            assert asyncio.get_running_loop().time() < deadline, "it never came to hold"

    async def member(self, member_id: str) -> dict[str, Any]:
        """A member as shown."""
        return dict(await self.get(f"/v1/members/{member_id}"))

    def sale(
        self,
        minor: int = 1_000,
        *,
        receipt: str | None = None,
        at: datetime | None = None,
        lines: tuple[tuple[str, int, int], ...] = (),
        **more: Any,
    ) -> dict[str, Any]:
        """The body of a sale; `lines` are (id, quantity, minor)."""
        told = [
            {"line_id": name, "sku": f"S{name}", "quantity": quantity, "total_minor": total}
            for name, quantity, total in lines or (("1", 1, minor),)
        ]
        sale: dict[str, Any] = {
            "receipt": receipt or f"R-{next(_numbers)}-{fresh()[:8]}",
            "currency": "GBP",
            "total_minor": sum(line["total_minor"] for line in told),
            "lines": told,
        }
        sale |= {name: more.pop(name) for name in ("tenders", "version") if name in more}
        return {
            "occurred_at": (at or utc_now()).isoformat(),
            "store": "s1",
            "till": "1",
            "sale": sale,
            **more,
        }

    async def sell(self, minor: int = 1_000, **options: Any) -> dict[str, Any]:
        """A sale that is confirmed."""
        return dict(await self.post("/v1/sales", self.sale(minor, **options)))


def points(told: Mapping[str, Any]) -> tuple[int, int, int]:
    """Balance, held and available."""
    return told["balance"], told["held"], told["available"]
