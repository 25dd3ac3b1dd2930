"""A new major version of PostgreSQL takes the data along, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from regulars.store.database import Database
from regulars.store.embedded import EmbeddedServer
from regulars.store.errors import EmbeddedServerError
from regulars.store.migrate import migrate, pending
from regulars.store.programs import find_programs
from regulars.store.upgrade import carry_over
from tests.schema_dump import schema_text
from tests.servers import TEST_SETTINGS

OLD_MAJOR = 16


@pytest.fixture
def old_home(private_directory: Callable[[], Path]) -> Path:
    """A home that the older PostgreSQL of the wheel made, with the schema and one workspace in it."""
    home = private_directory() / "home"
    server = EmbeddedServer(home, bin_dir=find_programs(OLD_MAJOR), extra=TEST_SETTINGS, durable_setup=False)
    with server:
        database = Database(server.dsn)
        migrate(database)
        owner = database.connect_owner()
        owner.execute("INSERT INTO workspace (name) VALUES ('corner shop')")
        owner.close()
    return home


def workspaces(server: EmbeddedServer) -> list[str]:
    owner = Database(server.dsn).connect_owner()
    rows = owner.execute("SELECT name FROM workspace").fetchall()
    owner.close()
    return [str(name) for (name,) in rows]


def test_data_and_schema_arrive_in_the_new_version(old_home: Path) -> None:
    told: list[str] = []
    assert carry_over(old_home, extra=TEST_SETTINGS, report=told.append) == (OLD_MAJOR, 18)
    assert len(told) == 2
    with EmbeddedServer(old_home, extra=TEST_SETTINGS) as server:
        database = Database(server.dsn)
        assert workspaces(server) == ["corner shop"]
        assert pending(database) == []
        owner = database.connect_owner()
        assert "the program may: select, insert, update, delete" in schema_text(owner)
        owner.close()
        database.connect().close()
        assert sorted(path.name for path in server.data_dir.parent.iterdir()) == ["data", "socket"]
    assert carry_over(old_home, extra=TEST_SETTINGS) is None


def test_an_interrupted_upgrade_is_refused_by_serve_and_finished_by_migrate(old_home: Path) -> None:
    state = old_home / "postgres"
    (state / "data").rename(state / f"data.{OLD_MAJOR}")
    with pytest.raises(EmbeddedServerError, match=r"interrupted.*regulars migrate"):
        EmbeddedServer(old_home).start(timeout_seconds=60)
    assert carry_over(old_home, extra=TEST_SETTINGS) == (OLD_MAJOR, 18)
    with EmbeddedServer(old_home, extra=TEST_SETTINGS) as server:
        assert workspaces(server) == ["corner shop"]


def test_an_upgrade_waits_for_no_one_and_harms_no_one(old_home: Path) -> None:
    other = EmbeddedServer(old_home, bin_dir=find_programs(OLD_MAJOR), extra=TEST_SETTINGS)
    with other:
        with pytest.raises(EmbeddedServerError, match="Another program"):
            carry_over(old_home, extra=TEST_SETTINGS)
        assert workspaces(other) == ["corner shop"]
