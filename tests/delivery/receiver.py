"""A receiver of webhooks on this machine, who checks what comes with the package of Standard Webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import uvicorn
from msgspec import Struct
from standardwebhooks.webhooks import Webhook

from regulars.store.database import Database
from regulars.vocabulary.webhooks import SaleRecorded, message
from tests.delivery.support import until

Said = tuple[int, dict[str, str], bytes]
SALE = SaleRecorded("5a" * 16, 1, "9b" * 16, 899, "GBP", "leeds", datetime(2026, 11, 22, 12, tzinfo=UTC))
ADD = """insert into outbox (workspace_id, kind, source_id, dedupe, body, due_at)
values (%(workspace)s, 'webhook', %(endpoint)s, %(dedupe)s, %(body)s::jsonb, now() - interval '1 second')
returning outbox_id"""


class Got(Struct):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The message, if the foreign package finds it signed with the secret. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Keeps what it gets; `answer` is given each and says status, headers and body."""

    def __init__(self, answer: Callable[[Got], Awaitable[Said]]) -> None:
        self.answer = answer
        self.got: list[Got] = []
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        got = Got(scope["path"], headers, body)
        self.got.append(got)
        status, said, text = await self.answer(got)
        pairs = [(name.encode(), value.encode()) for name, value in said.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def open_receiver(answer: Callable[[Got], Awaitable[Said]], **options: Any) -> AsyncIterator[Receiver]:
    """Run a receiver on a port of the system's choosing."""
    receiver = Receiver(answer)
    config = uvicorn.Config(
        receiver,
        port=0,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        **options,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    scheme = "https" if "ssl_certfile" in options else "http"
    receiver.url = f"{scheme}://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.should_exit = True
        await running


async def take(_: Got) -> Said:
    """Takes everything."""
    return 200, {}, b"thank you"


def answering(*said: int | Said) -> Callable[[Got], Awaitable[Said]]:
    """Answers in turn, the last one for ever."""
    left = list(said)

    async def answer(_: Got) -> Said:
        one = left.pop(0) if len(left) > 1 else left[0]
        return one if isinstance(one, tuple) else (one, {}, b"")

    return answer


async def post_out(database: Database, workspace: int, endpoint: int, *, count: int = 1) -> list[int]:
    """Put messages for an endpoint into the outbox, due now; their ids there."""
    found = []
    async with database.write(workspace) as connection:
        for _ in range(count):
            mark = uuid4()
            kept: Mapping[str, Any] = message(SALE, id_=mark.hex, at=SALE.occurred_at)
            values = {
                "workspace": workspace,
                "endpoint": endpoint,
                "dedupe": mark,
                "body": msgspec.json.encode(kept).decode(),
            }
            row = await (await connection.execute(ADD.encode(), values)).fetchone()
            assert row is not None
            found.append(row[0])
    return found
