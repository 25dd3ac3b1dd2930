"""Servers for the tests, and the databases made on them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from regulars.store.database import Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.migrate import migrate
from regulars.store.programs import major_version

DEBIAN_ROOT = Path("/usr/lib/postgresql")
DEBIAN_MAJOR_MIN = 15
# The machine does not lose power during a test: killing processes loses nothing that fsync would keep.
TEST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "256MB",
}
TEMPLATE = "migrated"
MEMORY_BYTES_MIN = 6 << 30


def debian_programs() -> Path | None:
    """The programs of Debian's newest PostgreSQL, if it is new enough."""
    found = [path.parent for path in DEBIAN_ROOT.glob("*/bin/postgres")]
    usable = [path for path in found if major_version(path) >= DEBIAN_MAJOR_MIN]
    return max(usable, key=major_version, default=None)


def quick_place() -> str:
    """Where servers of tests live: in memory where there is room, since a database is some 600 files that come and go."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= MEMORY_BYTES_MIN:
        return str(memory)
    return "/tmp"


def is_up(server: EmbeddedServer) -> bool:
    """Whether the server is there, ready, and lets us in."""
    found = server.postmaster()
    if found is None or not found.ready:
        return False
    with psycopg.connect(server.dsn, connect_timeout=5) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def wait_until(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something another thread or process does; fails the test when the time is up."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class TestServer:
    """A running server and the databases made on it."""

    __test__ = False

    def __init__(self, server: EmbeddedServer, *, as_superuser: bool) -> None:
        self.server = server
        self._as_superuser = as_superuser
        self._numbers = count(1)
        self._template_made = False

    def dsn(self, name: str) -> str:
        """How the program would be told to connect to a database of this server."""
        login = self.server.superuser_dsn() if self._as_superuser else self.server.dsn
        return make_conninfo(login, dbname=name)

    def create(self, *, migrated: bool = True) -> str:
        """Make a database and return its name; a migrated one is a copy, which is quick."""
        if migrated and not self._template_made:
            self._make(TEMPLATE, "template0")
            migrate(Database(self.dsn(TEMPLATE)))
            self._template_made = True
        name = f"test_{next(self._numbers)}"
        self._make(name, TEMPLATE if migrated else "template0")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make(self, name: str, template: str) -> None:
        owner = "postgres" if self._as_superuser else "regulars"
        words = {
            "name": sql.Identifier(name),
            "owner": sql.Identifier(owner),
            "template": sql.Identifier(template),
        }
        self._execute(
            sql.SQL("CREATE DATABASE {name} OWNER {owner} TEMPLATE {template} STRATEGY WAL_LOG").format(
                **words
            )
        )

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server.superuser_dsn(), autocommit=True) as connection:
            connection.execute(statement)
