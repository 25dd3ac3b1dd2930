"""The API and the doors over a real store and engine, spoken to in-process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from litestar import Litestar

from regulars.connectors import connectors
from regulars.console import api
from regulars.console.services.previews import Previews
from regulars.console.services.simulations import Simulations
from regulars.delivery import Poster
from regulars.engine.turn import utc_now
from regulars.intake.canary import Canary
from regulars.intake.deps import Deps
from regulars.intake.describe import add_doors
from regulars.intake.gate import EngineGate
from regulars.intake.http import Doors
from regulars.intake.readiness import Readiness, ReadyGate
from regulars.intake.replay import Replayer
from regulars.observe import Metrics
from regulars.settings import Settings
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.partitions import ensure_partitions
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.store.workspaces import add_workspace, ensure_default
from regulars.vocabulary.intake import Result
from tests.fresh import fresh

ADDRESS = "http://api.test"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DOCUMENT = add_doors(api.document(version="test"))


class House:
    """Everything but the console and delivery. `free_bytes` and `stuck` pretend trouble."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.database = store.database
        self.workspace_id = ensure_default(store.database)
        self.vault = Vault(store.master, self.workspace_id)
        self.metrics = Metrics()
        self.gate = EngineGate(store.database, store.master)
        self.free_bytes = 10**12
        self.readiness = Readiness(
            store.database, self.gate, home=store.home, free_bytes=lambda _: self.free_bytes, monotonic=_ever
        )
        self.guarded = ReadyGate(self.gate, self.readiness)
        self.sources = Sources(store.database, store.master, audit=write_line_async)
        self.keys = Keys(store.database, self.sources, audit=write_line_async)
        self.webhooks = Webhooks(store.database, store.master, Poster(loopback=True), audit=write_line_async)
        self.simulations = Simulations(store.database, utc_now)
        self.previews = Previews(store.database, store.master, utc_now)
        self.canary = Canary(self.gate, [self.workspace_id], self.metrics)
        self.replayer = Replayer(store.database, store.master, self.guarded, self.sources, connectors())
        litestar = Litestar(
            route_handlers=api.routes(self._deps()),
            openapi_config=None,
            middleware=[api.counting(self.metrics)],
            exception_handlers={Exception: api.error},
            logging_config=None,
        )
        doors = Deps(
            gate=self.guarded, keys=self.keys, sources=self.sources, connectors=connectors(),
            settings=Settings(), metrics=self.metrics, workspace_id=self.workspace_id,
        )  # fmt: skip
        self.app = Doors(doors, api.lookups(self._deps(), litestar))  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=ADDRESS)
        self._texts: dict[tuple[Any, ...], str] = {}

    def _deps(self) -> api.ApiDeps:
        return api.ApiDeps(
            store=self.store,
            gate=self.guarded,
            keys=self.keys,
            sources=self.sources,
            webhooks=self.webhooks,
            previews=self.previews,
            simulations=self.simulations,
            connectors=connectors(),
            metrics=self.metrics,
            replay=self.replayer.replay,
            readiness=self.readiness,
            document=DOCUMENT,
            base_url="http://api.test",
            workspace_id=self.workspace_id,
        )

    async def key(
        self, *scopes: str, source: str = "tills", workspace_id: int | None = None, fresh: bool = False
    ) -> str:
        """The text of a key with these scopes, made on the first asking unless it must be `fresh`."""
        where = workspace_id or self.workspace_id
        wanted = (where, source, *scopes)
        if fresh or wanted not in self._texts:
            made = await self.keys.create(where, name="test", scopes=scopes, source=source, actor="test")
            self._texts[wanted] = made.text
        return self._texts[wanted]

    async def call(
        self,
        method: str,
        path: str,
        *,
        scopes: Sequence[str] = ("*",),
        key: str | None = None,
        source: str = "tills",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """A call with a key that has the scopes, or with the given key."""
        text = key if key is not None else await self.key(*scopes, source=source)
        sent = {"authorization": f"Bearer {text}", **(headers or {})}
        if json is not None:
            options["content"] = msgspec.json.encode(json)
        return await self.client.request(method, path, headers=sent, **options)

    async def get(self, path: str, **options: Any) -> Any:
        """The JSON of a GET that must work."""
        answer = await self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, *events: dict[str, Any], source: str = "tills") -> list[Result]:
        """Events as a source would send them."""
        known = await self.sources.ensure(self.workspace_id, source)
        bodies = [msgspec.json.encode(event) for event in events]
        return await self.gate.submit(known.source, bodies, door="events")

    async def find(self, **by: Any) -> list[dict[str, Any]]:
        """Profiles found by a search with all rights."""
        answer = await self.call("GET", "/v1/profiles", params=by)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    async def one(self, **by: Any) -> dict[str, Any]:
        """The one profile found."""
        (profile,) = await self.find(**by)
        return profile

    def neighbour(self) -> int:
        """Another workspace."""
        return add_workspace(self.database, f"w-{fresh()}")


def _ever() -> float:
    """A clock that never lets the readiness rest on what it saw before."""
    _ever.now += 10.0  # type: ignore[attr-defined]
    return float(_ever.now)  # type: ignore[attr-defined]


_ever.now = 0.0  # type: ignore[attr-defined]


@asynccontextmanager
async def open_house(database: Database, master: MasterKey, home: Path) -> AsyncIterator[House]:
    """A house with its doors open."""
    owner = database.connect_owner()
    ensure_partitions(owner, datetime.now(UTC))
    owner.close()
    await database.open()
    house = House(Store(database, master, home, None))
    try:
        yield house
    finally:
        await house.client.aclose()
        await house.canary.close()
        await house.previews.close()
        house.gate.close()
        await house.keys.close()
        await database.close()


def said(number: str, **customer: Any) -> dict[str, Any]:
    """What a source says of a customer."""
    at = customer.pop("at", NOW - timedelta(days=1))
    return {"id": number, "type": "customer.updated", "occurred_at": at.isoformat(), "customer": customer}


def sale(number: str, total_minor: int = 899, **more: Any) -> dict[str, Any]:
    """A sale of one line; `customer` and other parts of the event as given."""
    at = more.pop("at", NOW - timedelta(hours=2))
    line = {"sku": "COF-1", "name": "Premium coffee", "category": "Coffee", "total_minor": total_minor}
    return {
        "id": f"sale-{number}", "type": "sale.completed", "occurred_at": at.isoformat(), "channel": "store",
        "store": "london-1", "sale": {"receipt": number, "currency": "GBP", "total_minor": total_minor, "lines": [line]},
        **more,
    }  # fmt: skip


def assert_error(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The answer is an error in the one form the contract knows."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) <= {"code", "message", "field"}
    assert body["code"]
    assert body["message"]
    if code is not None:
        assert body["code"] == code, body
    return body
