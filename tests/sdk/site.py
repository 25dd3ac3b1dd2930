"""The real program on a port of its own, with a door that can lose answers, and a look at what it kept."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
import uvicorn

from regulars.app import Program
from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.state import Fields
from regulars.settings import Settings
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.vault import Vault, open_sealed
from regulars.store.workspaces import add_workspace, ensure_default
from tests.servers import wait_until

T = TypeVar("T")


class Forgetful:
    """A broken proxy: the program takes the request, its answer gets lost, the client hears 503."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.losses = 0
        self.answers: Counter[int] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        lose, self.losses = self.losses > 0, max(0, self.losses - 1)
        answer: list[Any] = []

        async def keep(message: Any) -> None:
            answer.append(message)

        await self._inner(scope, receive, keep)
        if lose:
            body = b'{"code": "lost", "message": "The answer got lost."}'
            answer = [
                {
                    "type": "http.response.start",
                    "status": 503,
                    "headers": [(b"content-type", b"application/json")],
                },
                {"type": "http.response.body", "body": body},
            ]
        self.answers[int(answer[0]["status"])] += 1
        for message in answer:
            await send(message)


class Site:
    """The program, served by a thread."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.proxy = Forgetful(program.asgi)
        config = uvicorn.Config(
            self.proxy,
            port=0,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="site", daemon=True)

    def start(self) -> None:
        self._thread.start()
        wait_until(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the program's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def new_shop(self, scopes: tuple[str, ...] = ("events:write",), **options: str) -> Shop:
        """A workspace of its own with a key for it."""
        workspace_id = add_workspace(self.program.database, f"w-{uuid4()}")
        key = self.run(self.program.keys.create(workspace_id, name="sdk", scopes=scopes, source="web"))
        if options:
            self.run(self.program.sources.configure(workspace_id, "web", options=options))
        self.proxy.answers.clear()
        return Shop(self.program.database, self.program.store.master, workspace_id, key.text)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()


@contextmanager
def served(database: Database, master: MasterKey, home: Path) -> Iterator[Site]:
    """The program over a database, until the block ends."""
    store = Store(database, master, home, None)
    store.ensure_partitions()
    site = Site(Program(store, Settings(home=str(home)), ensure_default(database)))
    site.start()
    yield site
    site.stop()


class Shop:
    """One workspace: its key, and what the database holds of it."""

    def __init__(self, database: Database, master: MasterKey, workspace_id: int, key: str) -> None:
        self._database = database
        self._vault = Vault(master, workspace_id)
        self.workspace_id = workspace_id
        self.key = key

    def types(self) -> Counter[str]:
        """How many events of each type are in the log."""
        return Counter(row[0] for row in self._rows("select type from event where workspace_id = %s"))

    def rejected(self) -> list[tuple[str, str | None, str]]:
        """Code, field and door of each rejected event."""
        return self._rows("select code, field, door from quarantine where workspace_id = %s")

    def sales(self) -> list[dict[str, Any]]:
        """The receipts, sales before refunds."""
        names = (
            "kind",
            "receipt",
            "currency",
            "total_minor",
            "tax_minor",
            "discount_minor",
            "occurred_at",
            "counted",
        )
        rows = self._rows(
            f"select {', '.join(names)}, convert_from(lines, 'UTF8') from sale where workspace_id = %s order by kind"
        )
        return [
            {**dict(zip(names, row, strict=False)), "lines": msgspec.json.decode(row[-1])} for row in rows
        ]

    def people(self) -> list[set[str]]:
        """The identifiers of each profile, as `kind:value`."""
        rows = self._rows("select profile_id, sealed_key, sealed from record where workspace_id = %s")
        people: dict[Any, set[str]] = {}
        for profile_id, sealed_key, sealed in rows:
            fields = msgspec.json.decode(open_sealed(self._vault.unwrap(sealed_key), sealed), type=Fields)
            found = people.setdefault(profile_id, set())
            found |= {
                f"{name}:{value}" for kind, name in kinds.NAMES.items() for value, _ in fields.current(kind)
            }
            found |= {f"{name}:{value[0]}" for name, value in fields.scalars.items()}
        return list(people.values())

    def _rows(self, query: str) -> list[Any]:
        with self._database.session(self.workspace_id, read_only=True) as connection:
            return connection.execute(query.encode(), [self.workspace_id]).fetchall()
