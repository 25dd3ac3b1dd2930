"""What PostgreSQL alone does on this machine: TPC-B transactions, and a bare COPY of the same payloads."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from regulars.store.database import Connection, Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.queries import load_queries
from regulars.store.tools import reach

from .place import BenchFailed

SCALE = 10
CLIENTS = 4
COPY_TRIES = 3
_DATABASE = "bench_baseline"
_TIMEOUT_SECONDS = 600.0
_CHUNK = 500
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_QUERIES = load_queries("regulars.bench", "baseline.sql")


def pgbench(server: EmbeddedServer, seconds: float) -> float:
    """TPC-B transactions a second: scale 10, 4 clients, the standard script."""
    superuser = Database(server.superuser_dsn()).connect_owner()
    try:
        superuser.execute(_QUERIES.drop_database)
        superuser.execute(_QUERIES.create_database)
    finally:
        superuser.close()
    dsn = server.superuser_dsn(_DATABASE)
    _pgbench(server.bin_dir, dsn, "--initialize", "--quiet", "--scale", str(SCALE))
    options = ("--client", str(CLIENTS), "--jobs", "2", "--time", str(max(1, round(seconds))))
    found = _TPS.search(_pgbench(server.bin_dir, dsn, *options))
    if found is None:
        raise BenchFailed("pgbench did not say how many transactions it made.")
    return float(found[1])


def bare_copy(server: EmbeddedServer, bodies: Sequence[bytes]) -> float:
    """Payloads a second that COPY keeps durably; the best of three tries."""
    lines = [body.replace(b"\\", b"\\\\") + b"\n" for body in bodies]
    chunks = [b"".join(lines[at : at + _CHUNK]) for at in range(0, len(lines), _CHUNK)]
    connection = Database(server.superuser_dsn(_DATABASE)).connect_owner()
    try:
        return len(bodies) / min(_copy_seconds(connection, chunks) for _ in range(COPY_TRIES))
    finally:
        connection.close()


def _copy_seconds(connection: Connection, chunks: Sequence[bytes]) -> float:
    connection.execute(_QUERIES.drop_payload)
    connection.execute(_QUERIES.create_payload)
    began = time.perf_counter()
    with connection.cursor().copy(_QUERIES.copy_payload) as copy:
        for chunk in chunks:
            copy.write(chunk)
    return time.perf_counter() - began


def _pgbench(bin_dir: Path, dsn: str, *options: str) -> str:
    target, environment = reach(dsn)
    done = subprocess.run(
        [str(bin_dir / "pgbench"), *options, target],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise BenchFailed(f"pgbench failed: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout
