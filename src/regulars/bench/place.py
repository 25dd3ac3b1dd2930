"""Where a run works: homes of its own below a temporary directory, and the program as processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from regulars.store.keys import Keys
from regulars.store.opening import Store, open_store
from regulars.store.sources import Sources
from regulars.store.workspaces import ensure_default
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.intake import Source

START_SECONDS = 90.0
STOP_SECONDS = 60.0
NEW = "new-"
"""Homes and clones whose name begins so are for one use."""


class BenchFailed(RegularsError):
    """Something that should be measured did not work; the message says what."""

    code = "bench"


class Home(Struct):
    """A home with the program's store open: workspace, source and key of the run."""

    path: Path
    store: Store
    workspace_id: int
    source: Source
    key: str


class Server(Struct, frozen=True):
    """`regulars serve` as a process of its own."""

    process: subprocess.Popen[bytes]
    host: str
    port: int


@contextmanager
def workshop(keep: Path | None = None) -> Iterator[Path]:
    """A directory for homes that an unprivileged server can enter; removed at the end unless it is `keep`.

    Of a kept one, homes that were loaded stay for the next run.
    """
    path = keep.expanduser().resolve() if keep else Path(tempfile.mkdtemp(prefix="regulars-bench-"))
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711)
    try:
        yield path
    finally:
        for used in [path] if keep is None else path.glob(f"{NEW}*"):
            shutil.rmtree(used, ignore_errors=True)


@contextmanager
def opened(path: Path) -> Iterator[Home]:
    """A home, made and migrated when new, with its store open in this process."""
    with open_store(home=path, connections_max=4, application="regulars bench") as store:
        store.migrate()
        workspace_id = ensure_default(store.database)
        source, key = asyncio.run(_source_and_key(store, workspace_id))
        yield Home(path, store, workspace_id, source, key)


async def _source_and_key(store: Store, workspace_id: int) -> tuple[Source, str]:
    await store.database.open()
    try:
        sources = Sources(store.database, store.master)
        source = (await sources.ensure(workspace_id, "api")).source
        keys = Keys(store.database, sources)
        made = await keys.create(workspace_id, name="bench", scopes=["*"], source="api", actor="bench")
        await keys.close()
        return source, made.text
    finally:
        await store.database.close()


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """`regulars serve` on a home, until it is ready; stopped in order at the end."""
    port = free_port()
    environment = {**plain_environment(), "REGULARS_HOME": str(home), "REGULARS_PORT": str(port)}
    with (home / "bench.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "regulars", "serve"],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        await_ready(process, f"http://127.0.0.1:{port}/readyz", START_SECONDS)
        yield Server(process, "127.0.0.1", port)
    finally:
        stop(process)


def await_ready(process: subprocess.Popen[bytes], url: str, patience_seconds: float) -> None:
    """Wait until an address answers 200. Raises BenchFailed when the process ends or the time is up."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchFailed(f"`regulars serve` ended with status {process.returncode} before it was ready.")
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise BenchFailed(f"{url} did not answer 200 within {patience_seconds:.0f} s.")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours and its group, in order first; returns when all of them have gone."""
    for sent, patience_seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 10.0)):
        deadline = time.monotonic() + patience_seconds
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        while _group_lives(process) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _group_lives(process):
            return


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> Mapping[str, str]:
    """Our environment without settings of the program."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
