"""A vendor that does as told, its connector, and an outbox filled by hand."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import uvicorn

from regulars.connectors.calls import expect
from regulars.delivery import Delivery
from regulars.store.database import Database
from regulars.vocabulary.connector import Request, Response, Setting, SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import Event, Fetch

Start = Callable[..., Awaitable[Delivery]]
"""Starts a delivery that looks often."""
ADD = """insert into outbox (workspace_id, kind, source_id, dedupe, body, due_at)
select %(workspace)s, 'fetch', s.source_id, %(dedupe)s, %(body)s::jsonb, now() - interval '1 second'
  from source s where s.workspace_id = %(workspace)s and s.name = %(source)s"""
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Scripted = Callable[[str], Awaitable[tuple[int, dict[str, str], bytes]]]


class Vendor:
    """An HTTP server on this machine. `answer` is given each path and says status, headers, body."""

    def __init__(self, answer: Scripted) -> None:
        self.answer = answer
        self.asked: Counter[str] = Counter()
        self.under_way = 0
        self.most_at_once = 0
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        self.asked[scope["path"]] += 1
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            status, headers, body = await self.answer(scope["path"])
        finally:
            self.under_way -= 1
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def open_vendor(answer: Scripted) -> AsyncIterator[Vendor]:
    """Run a vendor on a port of the system's choosing."""
    vendor = Vendor(answer)
    config = uvicorn.Config(
        vendor, port=0, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    vendor.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield vendor
    finally:
        server.should_exit = True
        await running


def order(path: str) -> tuple[int, dict[str, str], bytes]:
    """The answer of a vendor that is well: the order asked for."""
    return 200, {"content-type": "application/json"}, json.dumps({"id": path.rpartition("/")[2]}).encode()


async def well(path: str) -> tuple[int, dict[str, str], bytes]:
    return order(path)


class Shop:
    """A connector whose fetch asks for an order, and for one more thing per letter of its kind."""

    name = "shop"
    title = "Shop"
    tested = "here"
    settings: Sequence[Setting] = ()
    privacy_note = ""
    receipts_never_reset = True
    headers_read: Sequence[str] = ()

    def verify(self, request: WebhookRequest, config: SourceConfig) -> None:
        raise NotImplementedError

    def parse(self, request: WebhookRequest, config: SourceConfig) -> list[Event]:
        raise NotImplementedError

    def fetch(
        self, fetch: Fetch, config: SourceConfig, responses: Sequence[Response]
    ) -> Request | list[Event]:
        if fetch.kind == "bug":
            raise KeyError(fetch.reference)
        answers = [expect(response, dict[str, Any]) for response in responses]
        if fetch.kind == "elsewhere" and answers:
            return Request("GET", "http://127.0.0.2:9/secrets")
        if fetch.kind == "endless" or not answers:
            return Request("GET", f"{config.base_url('')}/orders/{fetch.reference}")
        if "id" not in answers[-1]:
            raise BadPayload("the order has no id", field="id")
        return [Event(id=f"shop:{fetch.reference}", type="custom.order", occurred_at=NOW)]

    def probe(self, config: SourceConfig) -> Request:
        raise NotImplementedError

    def forget(self, external_ids: Sequence[str], config: SourceConfig) -> list[Request]:
        raise NotImplementedError

    def check(self, request: Request, response: Response) -> None:
        raise NotImplementedError


async def wish(
    database: Database, workspace: int, source: str, *references: str, kind: str = "order"
) -> None:
    """Put fetches into the outbox, due now."""
    async with database.write(workspace) as connection:
        for reference in references:
            body = json.dumps({"kind": kind, "reference": reference})
            values = {"workspace": workspace, "source": source, "dedupe": uuid4(), "body": body}
            await connection.execute(ADD, values)


async def until(happened: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait for something other tasks do; fails the test when the time is up."""
    async with asyncio.timeout(seconds):
        while True:
            found = happened()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.01)
