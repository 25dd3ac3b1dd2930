"""What the tests of the doors share: a gate that keeps what it is given, and a client that speaks to the doors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
import msgspec

from regulars.connectors import connectors
from regulars.intake.asgi import Receive, Scope, Send
from regulars.intake.deps import Deps
from regulars.intake.http import Doors
from regulars.observe import Metrics
from regulars.settings import Settings
from regulars.store.keys import Keys
from regulars.store.sources import Sources
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import EventError, Result, Source

ADDRESS = "http://doors.test"


class KeepingGate:
    """A gate without an engine: takes well-formed events once, keeps the rest, fails when told to."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.calls: list[tuple[Source, list[bytes], str]] = []
        self.events: list[Event] = []
        self.set_aside: list[tuple[bytes, EventError, str]] = []
        self.failure: Exception | None = None
        self._ids: set[tuple[int, str]] = set()

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        if self.failure is not None:
            raise self.failure
        self.calls.append((source, list(bodies), door))
        return [await self._take(source, body, door) for body in bodies]

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.set_aside.append((body, error, door))
        return f"{len(self.set_aside):032x}"

    async def _take(self, source: Source, body: bytes, door: str) -> Result:
        try:
            event = msgspec.json.decode(body, type=Event)
        except msgspec.MsgspecError as error:
            problem = EventError("invalid_event", str(error))
            kept = await self.quarantine(source, body, problem, door=door)
            return Result(id=None, status="rejected", quarantine_id=kept, error=problem)
        if (source.source_id, event.id) in self._ids:
            return Result(id=event.id, status="duplicate")
        self._ids.add((source.source_id, event.id))
        self.events.append(event)
        return Result(id=event.id, status="applied")

    def one(self) -> Event:
        """The only event that came in."""
        (event,) = self.events
        return event


async def nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for the rest of the program, which answers 404 to all."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"elsewhere"})


class Register(NamedTuple):
    """Keys and sources of a real database, and a key that may send events."""

    keys: Keys
    sources: Sources
    workspace_id: int
    key: str


class House:
    """The doors with everything behind them but the engine."""

    def __init__(self, deps: Deps, gate: KeepingGate, keys: Keys, sources: Sources, key: str) -> None:
        self.gate = gate
        self.keys = keys
        self.sources = sources
        self.key = key
        self.doors = Doors(deps, nothing_here)
        self._transport = httpx.ASGITransport(app=self.doors)

    def client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self._transport, base_url=ADDRESS, **options)

    async def send(
        self, path: str, body: Any = None, *, method: str = "POST", **options: Any
    ) -> httpx.Response:
        """A request with our key, unless `headers` say otherwise; `body` as JSON unless it is bytes."""
        headers = {"authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        async with self.client() as client:
            return await client.request(method, path, content=content, headers=headers, **options)


def house_of(register: Register, gate: KeepingGate, parts: dict[str, Any]) -> House:
    """The doors before a gate; `parts` replace what they are handed otherwise."""
    given = {"connectors": connectors(), "settings": Settings(), "metrics": Metrics(), **parts}
    deps = Deps(
        gate=gate, keys=register.keys, sources=register.sources, workspace_id=register.workspace_id, **given
    )
    return House(deps, gate, register.keys, register.sources, register.key)


def assert_error(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, str]:
    """The answer is an error in the one form the contract knows."""
    assert answer.status_code == status, answer.text
    body: dict[str, str] = answer.json()
    assert set(body) <= {"code", "message", "field"}
    assert body["code"]
    assert body["message"]
    if code is not None:
        assert body["code"] == code
    return body
