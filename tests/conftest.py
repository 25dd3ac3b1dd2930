"""Databases for the tests: a server for the session, a fresh migrated database for each test.

Tests under tests/store and tests/engine, and those marked `both_databases`, run on the embedded server
and on Debian's PostgreSQL where it is installed; all others on the embedded one alone. Debian's is used
as an operator would who gives the login of a superuser; the embedded one has a plain login.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.store.database import Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.master import MasterKey
from tests.servers import (
    DEBIAN_MAJOR_MIN,
    DEBIAN_ROOT,
    TEST_SETTINGS,
    TestServer,
    debian_programs,
    quick_place,
)

BOTH_DIRECTORIES = ("store", "engine")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "both_databases: run on the embedded server and on Debian's PostgreSQL"
    )
    config.addinivalue_line(
        "markers",
        "embedded_only: run on the embedded server alone, where others of its directory run on both",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" not in metafunc.fixturenames:
        return
    directory = metafunc.definition.path.parent.name
    marked = metafunc.definition.get_closest_marker("both_databases") is not None
    params: list[Any] = ["embedded"]
    alone = metafunc.definition.get_closest_marker("embedded_only") is not None
    if marked or (directory in BOTH_DIRECTORIES and not alone):
        missing = pytest.mark.skipif(
            debian_programs() is None, reason=f"no PostgreSQL {DEBIAN_MAJOR_MIN} or newer in {DEBIAN_ROOT}"
        )
        params.append(pytest.param("debian", marks=missing))
    metafunc.parametrize("backend", params, indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """Which server the test runs on: `embedded` or `debian`."""
    return str(getattr(request, "param", "embedded"))


@pytest.fixture(scope="session")
def private_directory() -> Iterator[Callable[[], Path]]:
    """Makes short directories that the server's user can enter, which pytest's own forbid to it."""
    made: list[Path] = []

    def make() -> Path:
        path = Path(tempfile.mkdtemp(prefix="regulars-", dir=quick_place()))
        path.chmod(0o711)
        made.append(path)
        return path

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(private_directory: Callable[[], Path]) -> Iterator[Callable[[str], TestServer]]:
    """Starts each server once for the session, when first asked for."""
    running: dict[str, TestServer] = {}

    def get(backend: str) -> TestServer:
        if backend not in running:
            bin_dir = debian_programs() if backend == "debian" else None
            home = private_directory() / "home"
            server = EmbeddedServer(home, bin_dir=bin_dir, extra=TEST_SETTINGS, durable_setup=False)
            server.start(timeout_seconds=60)
            running[backend] = TestServer(server, as_superuser=backend == "debian")
        return running[backend]

    yield get
    for entry in running.values():
        entry.server.stop()


@pytest.fixture(scope="session")
def server(backend: str, servers: Callable[[str], TestServer]) -> TestServer:
    """The running server of this test's backend."""
    return servers(backend)


@pytest.fixture
def database(server: TestServer) -> Iterator[Database]:
    """A fresh, migrated database for one test."""
    name = server.create()
    yield Database(server.dsn(name), connections_max=4)
    server.drop(name)


@pytest.fixture(scope="module")
def module_database(server: TestServer) -> Iterator[Database]:
    """A migrated database shared by the tests of a module that do not disturb each other."""
    name = server.create()
    yield Database(server.dsn(name), connections_max=4)
    server.drop(name)


@pytest.fixture
def empty_database(server: TestServer) -> Iterator[Database]:
    """A fresh database without any table of ours."""
    name = server.create(migrated=False)
    yield Database(server.dsn(name), connections_max=4)
    server.drop(name)


@pytest.fixture(scope="session")
def master_key() -> MasterKey:
    """A master key that is the same in every run."""
    return MasterKey(bytes(range(32)))
