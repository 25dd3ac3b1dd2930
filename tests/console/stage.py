"""The console on a real server over a real database and engine, for tests with and without a browser."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from gettext import NullTranslations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
import msgspec
import uvicorn
from argon2 import PasswordHasher
from babel import Locale
from litestar import Litestar
from litestar.exceptions import HTTPException

from regulars.connectors import connectors
from regulars.console.accounts import Role
from regulars.console.i18n import Language
from regulars.console.passwords import Passwords
from regulars.console.services.previews import Previews
from regulars.console.services.simulations import Simulations
from regulars.console.services.workspace_settings import Ground, Values
from regulars.console.web import Console, Deps, ReplayOutcome, WebRequest, desk_of, router
from regulars.console.web.deps import language_of
from regulars.delivery import Poster
from regulars.engine.erase import Erasure
from regulars.engine.forget import forget
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.intake.replay import Replayer
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.partitions import ensure_partitions
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.store.workspaces import ensure_default
from regulars.vocabulary.intake import Result, Source

EMAIL = "owner@example.com"
PASSWORD = "a long enough password"
WAIT_SECONDS = 15.0
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""For accounts that are there to sign in; what a real hash costs is for its own tests."""


class Stage:
    """A running console and the engine behind it."""

    def __init__(
        self,
        database: Database,
        *,
        development: bool = False,
        words: NullTranslations | None = None,
        fixed: Mapping[str, str] | None = None,
        home: Path | None = None,
        **options: Any,
    ) -> None:
        self._fixed = fixed or {}
        self.home = home
        self.database = database
        self.workspace_id = ensure_default(database)
        owner = database.connect_owner()
        ensure_partitions(owner, datetime.now(UTC))
        owner.close()
        self.master = MasterKey(b"m" * 32)
        self.vault = Vault(self.master, self.workspace_id)
        self.gate = EngineGate(database, self.master)
        self.register = Sources(database, self.master, audit=write_line_async)
        self.keys = Keys(database, self.register, audit=write_line_async)
        self.webhooks = Webhooks(database, self.master, Poster(loopback=True), audit=write_line_async)
        self.simulations = Simulations(database, utc_now)
        self.previews = Previews(database, self.master, utc_now)
        self.sources: dict[str, Source] = {}
        self.url = ""
        self._development = development
        self._options = options
        self.words = words
        self._clients: list[httpx.Client] = []
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self.console: Console | None = None
        self._home: TemporaryDirectory[str] | None = None

    def send(self, *events: dict[str, Any] | bytes, source: str = "tills") -> list[Result]:
        """Events through the gate; returns after the commit."""
        bodies = [one if isinstance(one, bytes) else msgspec.json.encode(one) for one in events]
        results: list[Result] = []
        for start in range(0, len(bodies), 1000):
            results += self.gate.submit_wait(self.source(source), bodies[start : start + 1000], door="events")
        return results

    def source(self, name: str) -> Source:
        """A source of that name, made when missing."""
        if name not in self.sources:
            self.sources[name] = self.run(self._ensure(name))
        return self.sources[name]

    async def _ensure(self, name: str) -> Source:
        return (await Sources(self.database, self.master).ensure(self.workspace_id, name)).source

    def run(self, work: Any) -> Any:
        """A coroutine on the server's loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    def add_account(self, email: str = EMAIL, role: Role = "owner", name: str = "Olive Owner") -> UUID:
        """An account with the password of all tests."""
        assert self.console is not None
        added: UUID = self.run(self.console.desk.accounts.add(email, name, PASSWORD, role))
        return added

    def client(self, *, email: str | None = EMAIL) -> httpx.Client:
        """A browser without scripts, signed in unless `email` is None."""
        client = httpx.Client(base_url=self.url, headers={"Accept": "text/html"}, timeout=WAIT_SECONDS)
        self._clients.append(client)  # closed at the end, unless a test did
        if email is not None:
            answer = sign_in(client, email)
            assert answer.status_code == 303, answer.text
        return client

    async def _replay(self, quarantine_ids: Sequence[UUID], *, actor: str) -> ReplayOutcome:
        sources = Sources(self.database, self.master)
        replayer = Replayer(self.database, self.master, self.gate, sources, connectors())
        return await replayer.replay(self.workspace_id, quarantine_ids, actor=actor)

    def _forget(self, profile_id: str, actor: str, reason: str) -> Erasure:
        if self._home is None:
            self._home = TemporaryDirectory()
        store = Store(self.database, self.master, Path(self._home.name), None)
        return forget(store, self.vault, profile_id, actor=actor, reason=reason)

    @contextmanager
    def serving(self) -> Iterator[Stage]:
        """Serve on a port of the system's choosing."""
        with _site() as site:
            site.database, site.console = self.database, self._console(site)
            self.console = site.console
            yield from self._served(site.app)

    def _served(self, app: Litestar) -> Iterator[Stage]:
        config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
        self._server = _Server(config, self._started)
        thread = threading.Thread(target=self._server.run, daemon=True)
        thread.start()
        assert self._ready.wait(WAIT_SECONDS), "the server did not start"
        try:
            yield self
        finally:
            assert self.console is not None
            assert self._loop is not None
            for client in self._clients:
                client.close()
            self.run(self.previews.close())
            self.run(self.simulations.close())
            self._loop.call_soon_threadsafe(self.console.hub.close)
            self._server.should_exit = True
            thread.join(WAIT_SECONDS)
            self.gate.close()
            if self._home is not None:
                self._home.cleanup()

    async def _started(self, server: uvicorn.Server) -> None:
        self._loop = asyncio.get_running_loop()
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        self._ready.set()

    def _language(self, request: WebRequest, default: str) -> Language:
        return Language(Locale("en"), self.words) if self.words else language_of(request, default)

    def _console(self, site: _Site) -> Console:
        deps = Deps(
            db=self.database,
            vault=self.vault,
            replay=self._replay,
            gate=self.gate,
            forget=self._forget,
            base_url="http://127.0.0.1:8400",
            keys=self.keys,
            sources=self.register,
            webhooks=self.webhooks,
            previews=self.previews,
            simulations=self.simulations,
            connectors=connectors(),
            ground=Ground(fixed=self._fixed, defaults=Values(name="Corner Shops", time_zone="Europe/London")),
            home=self.home,
            development=self._development,
            language=self._language,
            passwords=Passwords(CHEAP),
            **self._options,
        )
        desk = desk_of(deps)
        return Console(desk, desk.hub, [site.router])


class _Site:
    """The routes, and the console that answers by them now: they are made once for many stages."""

    def __init__(self) -> None:
        self.console: Console | None = None
        self.database: Database | None = None
        self.router = router(lambda: self._playing().desk)
        self.app = Litestar(
            route_handlers=[self.router],
            exception_handlers={HTTPException: lambda request, error: self._playing().error(request, error)},
            on_startup=[self._open],
            on_shutdown=[self._close],
            openapi_config=None,
        )

    def _playing(self) -> Console:
        assert self.console is not None, "nothing is on stage"
        return self.console

    async def _open(self) -> None:
        assert self.database is not None
        await self.database.open()

    async def _close(self) -> None:
        assert self.database is not None
        await self.database.close()


_free: list[_Site] = []


@contextmanager
def _site() -> Iterator[_Site]:
    """One that is free."""
    site = _free.pop() if _free else _Site()
    yield site
    _free.append(site)  # not after a failure: what is left of it is not known


class _Server(uvicorn.Server):
    """A server that tells when it listens."""

    def __init__(self, config: uvicorn.Config, started: Callable[[uvicorn.Server], Awaitable[None]]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        await self._tell(self)


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD, target: str = "/") -> httpx.Response:
    """Fill in the form and send it."""
    form = client.get("/sign-in", params={"next": target})
    return client.post(
        "/sign-in", data={"csrf": token_in(form.text), "email": email, "password": password, "next": target}
    )


def token_in(page: str) -> str:
    """The form token of a page."""
    return page.split('name="csrf" value="')[1].partition('"')[0]


def sale(
    number: str,
    *,
    at: datetime | None = None,
    total_minor: int = 899,
    store: str = "london-1",
    channel: str = "store",
    currency: str = "GBP",
    **customer: Any,
) -> dict[str, Any]:
    """A sale of one line."""
    event: dict[str, Any] = {
        "id": number,
        "type": "sale.completed",
        "occurred_at": (at or datetime.now(UTC) - timedelta(seconds=2)).isoformat(),
        "channel": channel,
        "store": store,
        "sale": {
            "receipt": number,
            "currency": currency,
            "total_minor": total_minor,
            "lines": [
                {
                    "line_id": "1",
                    "sku": "COF-1",
                    "name": "Premium coffee 250 g",
                    "category": "Coffee",
                    "quantity": Decimal(1),
                    "unit_price_minor": total_minor,
                    "total_minor": total_minor,
                }
            ],
        },
    }
    if customer:
        event["customer"] = customer
    if not store:
        del event["store"]
    return event


def details(number: str, **customer: Any) -> dict[str, Any]:
    """What a source says of a customer."""
    at = customer.pop("at", None) or datetime.now(UTC) - timedelta(seconds=2)
    return {"id": number, "type": "customer.updated", "occurred_at": at.isoformat(), "customer": customer}
