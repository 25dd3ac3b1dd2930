"""Puts the parts together; the only place that knows them all."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, Response

from regulars import __version__
from regulars.capabilities.identity.normalise import regions
from regulars.connectors import connectors
from regulars.console import api
from regulars.console.services.previews import Previews
from regulars.console.services.rejected import count_open
from regulars.console.services.simulations import Simulations
from regulars.console.services.stands import Standings
from regulars.console.services.workspace_settings import Ground
from regulars.console.sign_on_settings import read_sign_on
from regulars.console.web import Console, ReplayOutcome, console, is_for_people
from regulars.console.web import Deps as WebDeps
from regulars.delivery import Delivery, Poster, Teller
from regulars.engine.erase import Erasure
from regulars.engine.forget import forget
from regulars.engine.lane import Limits, Observer
from regulars.engine.prepared import Item, Prepared, Refused
from regulars.engine.turn import utc_now
from regulars.intake.addresses import Addresses
from regulars.intake.canary import Canary
from regulars.intake.daily import Daily
from regulars.intake.deps import Deps as DoorDeps
from regulars.intake.describe import add_doors
from regulars.intake.gate import EngineGate
from regulars.intake.http import Doors
from regulars.intake.readiness import Readiness, ReadyGate
from regulars.intake.rematching import Rematcher
from regulars.intake.replay import Replayer
from regulars.intake.sweeping import Sweeper
from regulars.observe import Metrics, get_logger
from regulars.settings import Settings, SettingsError
from regulars.store.audit import write_line_async
from regulars.store.keys import Keys
from regulars.store.letters import Letters
from regulars.store.opening import Store
from regulars.store.outbox import Outbox
from regulars.store.rollup import Rollup
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.webhooks import Webhooks
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.events import CUSTOM_PREFIX, TYPES
from regulars.vocabulary.intake import Gate, Result

COUNT_SECONDS = 30.0
COUNTED_MAX = 10_000
_log = get_logger("app")


class _Watch(Observer):
    """Tells metrics and delivery what the lanes do."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.delivery: Delivery | None = None

    def turned(self, items: Sequence[Item], results: Sequence[Result], seconds: float) -> None:
        metrics = self._metrics
        metrics.observe("turn_seconds", seconds)
        metrics.observe("turn_events", len(items))
        oldest = min(item.received_at for item in items)
        waited = (utc_now() - oldest).total_seconds() - seconds
        metrics.observe("turn_wait_seconds", max(0.0, waited))
        received = Counter((item.source.kind, _type_of(item)) for item in items)
        for (kind, type_), count in received.items():
            metrics.add("events_received_total", count, source_kind=kind, type=type_)
        statuses = Counter(result.status for result in results)
        for status in ("applied", "duplicate"):
            if statuses[status]:
                metrics.add(f"events_{status}_total", statuses[status])
        for code, count in Counter(i.error.code for i in items if isinstance(i, Refused)).items():
            metrics.add("events_rejected_total", count, code=code)
        if self.delivery is not None:
            wanted = {i.source.workspace_id for i in items if isinstance(i, Prepared) and i.fetches}
            for workspace_id in wanted:
                self.delivery.wake(workspace_id)
            self.delivery.turned(items[0].source.workspace_id)  # a turn is one workspace's


def _type_of(item: Item) -> str:
    """The type for a label: names that users make up count as one."""
    named = item.type
    return named if named in TYPES else "custom" if named.startswith(CUSTOM_PREFIX) else "other"


class Program:
    """The running program: doors, engine, delivery, console, API, over one store."""

    def __init__(
        self, store: Store, settings: Settings, workspace_id: int, *, development: bool = False
    ) -> None:
        self.store = store
        self.settings = settings
        self.workspace_id = workspace_id
        self.database = store.database
        self.metrics = Metrics()
        self.vault = Vault(store.master, workspace_id)
        watch = _Watch(self.metrics)
        self._engine = EngineGate(store.database, store.master, limits=_limits(settings), observer=watch)
        self.readiness = Readiness(
            store.database,
            self._engine,
            home=store.home,
            workspace_id=workspace_id,
            queue_events_max=settings.queue_events_max,
        )
        self._ready_gate = ReadyGate(self._engine, self.readiness)
        self.gate: Gate = self._ready_gate
        self.canary = Canary(self._engine, [workspace_id], self.metrics)
        self.rematcher = Rematcher(self._engine, store.database, store.master, [workspace_id])
        daily = Daily(self._engine, store.database, store.master)
        self.sweeper = Sweeper(self._engine, store.database, [workspace_id], self.metrics, daily=daily)
        self._rollup = Rollup(store.database, workspace_id)
        self.sources = Sources(store.database, store.master, audit=write_line_async)
        self.keys = Keys(store.database, self.sources, audit=write_line_async)
        self.previews = Previews(store.database, store.master, utc_now)
        self.simulations = Simulations(store.database, utc_now)
        poster = Poster(loopback=settings.webhooks_loopback)
        self.webhooks = Webhooks(store.database, store.master, poster, audit=write_line_async)
        self.delivery = self._delivery(poster)
        watch.delivery = self.delivery
        self.replayer = Replayer(store.database, store.master, self._ready_gate, self.sources, connectors())
        self.metrics.watch("queue_events", lambda: float(self._engine.waiting()))
        self.metrics.watch("engine_lag_seconds", lambda: self._engine.stuck_seconds(time.monotonic()))
        self._addresses = Addresses(settings)
        self.console: Console = console(self._web_deps(development))
        self.litestar = Litestar(
            route_handlers=[*self.console.routes, *api.routes(self._api_deps())],
            openapi_config=None,
            middleware=[api.counting(self.metrics)],
            exception_handlers={Exception: self._on_error},
            lifespan=[lambda _: self._run()],
            logging_config=None,
            debug=False,
        )
        self.asgi = Doors(self._door_deps(), api.lookups(self._api_deps(), self.litestar))  # type: ignore[arg-type]

    def _delivery(self, poster: Poster) -> Delivery:
        outbox = Outbox(self.database)
        letters = Letters(self.database, self.store.master, audit=write_line_async)
        teller = Teller(letters, outbox, poster)
        return Delivery(
            outbox,
            self.sources,
            connectors(),
            self.gate,
            self.metrics,
            teller=teller,
            standings=Standings(self.database, self.store.master, utc_now),
            write_backs=WriteBacks(self.database, audit=write_line_async),
        )

    def _door_deps(self) -> DoorDeps:
        return DoorDeps(
            gate=self.gate,
            keys=self.keys,
            sources=self.sources,
            connectors=connectors(),
            settings=self.settings,
            metrics=self.metrics,
            workspace_id=self.workspace_id,
        )

    def _web_deps(self, development: bool) -> WebDeps:
        return WebDeps(
            db=self.database,
            vault=self.vault,
            replay=self._replay,
            gate=self.gate,
            forget=self._forget,
            base_url=self.settings.base_url,
            keys=self.keys,
            sources=self.sources,
            webhooks=self.webhooks,
            previews=self.previews,
            simulations=self.simulations,
            connectors=connectors(),
            ground=_ground(self.settings),
            home=self.store.home,
            development=development,
            require_second_factor=self.settings.require_second_factor,
            sign_on=read_sign_on(self.settings),
            client_address=self._caller,
        )

    def _api_deps(self) -> api.ApiDeps:
        return api.ApiDeps(
            store=self.store,
            gate=self.gate,
            keys=self.keys,
            sources=self.sources,
            webhooks=self.webhooks,
            previews=self.previews,
            simulations=self.simulations,
            connectors=connectors(),
            metrics=self.metrics,
            replay=self.replayer.replay,
            readiness=self.readiness,
            document=openapi_document(),
            base_url=self.settings.base_url,
            workspace_id=self.workspace_id,
            ground=_ground(self.settings),
        )

    async def _count_rejected(self) -> None:
        """Keep the gauge of waiting rejected events; it may be a minute behind."""
        while True:
            try:
                async with self.database.read(self.workspace_id) as connection:
                    waiting = await count_open(connection, self.workspace_id, COUNTED_MAX)
                self.metrics.set("quarantine_open", waiting)
            except RegularsError as error:
                _log.warning("count failed", code=error.code)
            await asyncio.sleep(COUNT_SECONDS)

    async def _replay(self, quarantine_ids: Sequence[UUID], *, actor: str) -> ReplayOutcome:
        return await self.replayer.replay(self.workspace_id, quarantine_ids, actor=actor)

    def _forget(self, profile_id: str, actor: str, reason: str) -> Erasure:
        return forget(self.store, self.vault, profile_id, actor=actor, reason=reason)

    def _caller(self, request: Request[Any, Any, Any]) -> str:
        peer = request.client.host if request.client else ""
        return self._addresses.caller(peer, request.headers.get("x-forwarded-for", ""))

    def _on_error(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        if is_for_people(request):
            return self.console.error(request, error)
        return api.error(request, error)

    @asynccontextmanager
    async def _run(self) -> AsyncIterator[None]:
        """Start what lives as long as the program, and end it in the right order."""
        await self.database.open()
        await self.delivery.start()
        await self.canary.start()
        await self.rematcher.start()
        await self.sweeper.start()
        await self._rollup.start()
        counting = asyncio.create_task(self._count_rejected())
        try:
            yield
        finally:
            counting.cancel()
            self.console.hub.close()
            await self.canary.close()
            await self.rematcher.close()
            await self.sweeper.close()
            await self.previews.close()
            await self.simulations.close()
            await self._rollup.close()
            await self.delivery.close()
            await asyncio.to_thread(self._engine.close)
            await self.keys.close()
            await self.database.close()


def openapi_document() -> dict[str, Any]:
    """The description of the whole HTTP interface, as served at /openapi.json."""
    return add_doors(api.document(version=__version__))


def _ground(settings: Settings) -> Ground:
    """What of the console's settings the operator has fixed. Raises SettingsError for a country without phones."""
    if settings.phone_region is not None and settings.phone_region not in regions():
        raise SettingsError(
            "The setting phone_region is no country whose phone numbers are known.", field="phone_region"
        )
    given = {
        "name": settings.workspace_name,
        "time_zone": settings.time_zone,
        "region": settings.phone_region,
    }
    return Ground(fixed={name: value for name, value in given.items() if value is not None})


def _limits(settings: Settings) -> Limits:
    return Limits(
        batch_events_max=settings.batch_events_max,
        batch_bytes_max=settings.batch_bytes_max,
        batch_wait_seconds=settings.batch_wait_ms / 1_000,
        queue_events_max=settings.queue_events_max,
    )
