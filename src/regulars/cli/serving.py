"""Serve the program until told to stop: `regulars serve` and, with a shop that lives in it, `regulars demo`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
import uvloop

from regulars.app import Program
from regulars.observe import configure_logging, get_logger
from regulars.settings import Settings
from regulars.store.opening import open_store
from regulars.store.retention import Retention
from regulars.store.workspaces import ensure_default
from regulars.vocabulary.errors import RegularsError

HOUSEKEEPING_FIRST_SECONDS = 60
HOUSEKEEPING_EVERY_SECONDS = 24 * 3_600
STOP_SECONDS = 20
_log = get_logger("serve")


class PortTaken(RegularsError):
    """Something listens on the port already."""

    code = "port_taken"


def serve(
    settings: Settings, *, ready: Callable[[Program], Awaitable[None]] | None = None, wrap: Any = None
) -> None:
    """Open the store, migrate, and answer requests until SIGINT or SIGTERM.

    `ready` is awaited beside the server once it listens; `wrap` may put an application in front.
    """
    configure_logging(settings.log_level)
    listener = _listen(settings)
    with open_store(
        home=settings.home_path,
        database_url=settings.database_url,
        master_key=settings.master_key,
        connections_max=settings.database_connections_max,
        watch=True,
    ) as store:
        store.migrate()
        workspace_id = ensure_default(store.database)
        program = Program(store, settings, workspace_id)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(program, listener, ready, wrap))


def _listen(settings: Settings) -> socket.socket:
    """Bind first: a taken port is told before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Handed down to each connection: without it an answer's second packet waits 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). Stop what uses the port, or set"
            " REGULARS_PORT.",
            field="port",
        ) from error
    return listener


async def _serve(
    program: Program, listener: socket.socket, ready: Callable[[Program], Awaitable[None]] | None, wrap: Any
) -> None:
    app = wrap(program) if wrap is not None else program.asgi
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        lifespan="on",
    )
    server = _Server(config, on_stop=program.console.hub.close)
    async with _beside(_daily(program)):
        if ready is None:
            await server.serve(sockets=[listener])
            return
        async with _beside(_when_started(server, ready, program)):
            await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that closes open streams first when told to stop."""

    def __init__(self, config: uvicorn.Config, *, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Called from the signal handler."""
        self._on_stop()
        super().handle_exit(signal.Signals(sig), frame)
        # uvicorn would raise the signal once more after serving, and the store would never be closed.
        self._captured_signals.clear()


async def _when_started(
    server: uvicorn.Server, ready: Callable[[Program], Awaitable[None]], program: Program
) -> None:
    while not server.started:
        if server.should_exit:
            return
        await asyncio.sleep(0.02)
    try:
        await ready(program)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - the server goes on; the log says why the rest did not
        _log.error("task failed", exc_info=error)


async def _daily(program: Program) -> None:
    """Make the event log's next months before they are needed, and drop what is past its time."""
    retention = Retention(program.database, program.store.master)
    pause = HOUSEKEEPING_FIRST_SECONDS
    while True:
        await asyncio.sleep(pause)
        pause = HOUSEKEEPING_EVERY_SECONDS
        try:
            await asyncio.to_thread(program.store.ensure_partitions)
            await retention.sweep()
        except RegularsError as error:
            _log.error("housekeeping failed", code=error.code)


@asynccontextmanager
async def _beside(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
