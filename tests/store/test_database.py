"""What a connection may see, and what happens when the server is gone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from regulars.store.database import UNHURRIED_NICE, Database, set_workspace
from regulars.store.embedded import EmbeddedServer
from regulars.store.errors import StoreMisconfigured, StoreUnavailable, blames_the_data, means_outage
from regulars.store.migrate import open_tables
from tests.servers import TEST_SETTINGS, TestServer, wait_until


def notes(connection: psycopg.Connection[tuple[object, ...]]) -> list[object]:
    return [text for (text,) in connection.execute("SELECT text FROM note ORDER BY text").fetchall()]


def test_a_transaction_that_names_no_workspace_sees_nothing(two_workspaces: Database) -> None:
    connection = two_workspaces.connect()
    assert notes(connection) == []
    connection.close()


def test_a_transaction_sees_its_workspace_and_no_other(two_workspaces: Database) -> None:
    connection = two_workspaces.connect()
    set_workspace(connection, 1)
    assert notes(connection) == ["one"]
    connection.commit()
    assert notes(connection) == []
    connection.close()


def test_a_workspace_cannot_write_into_another(two_workspaces: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), two_workspaces.session(1) as connection:
        connection.execute("INSERT INTO note VALUES (2, 'smuggled')")
    with two_workspaces.session(1) as connection:
        connection.execute("DELETE FROM note")
    with two_workspaces.session(2) as connection:
        assert notes(connection) == ["two"]


def test_web_reads_and_writes_stay_in_their_workspace(two_workspaces: Database) -> None:
    async def scenario() -> tuple[list[object], list[object]]:
        await two_workspaces.open()
        try:
            async with two_workspaces.write(1) as connection:
                await connection.execute("INSERT INTO note VALUES (1, 'new')")
            async with two_workspaces.read(1) as connection:
                first = await (await connection.execute("SELECT text FROM note ORDER BY 1")).fetchall()
            async with two_workspaces.read(2) as connection:
                second = await (await connection.execute("SELECT text FROM note ORDER BY 1")).fetchall()
            return [text for (text,) in first], [text for (text,) in second]
        finally:
            await two_workspaces.close()

    assert asyncio.run(scenario()) == (["new", "one"], ["two"])


def test_a_web_read_cannot_write(two_workspaces: Database) -> None:
    async def scenario() -> None:
        await two_workspaces.open()
        try:
            async with two_workspaces.read(1) as connection:
                await connection.execute("DELETE FROM note")
        finally:
            await two_workspaces.close()

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        asyncio.run(scenario())


def test_a_write_that_swallows_a_failed_statement_is_not_reported_as_done(two_workspaces: Database) -> None:
    async def scenario() -> None:
        await two_workspaces.open()
        try:
            async with two_workspaces.write(1) as connection:
                await connection.execute("INSERT INTO note VALUES (1, 'lost')")
                with pytest.raises(psycopg.errors.UniqueViolation):
                    await connection.execute("INSERT INTO note VALUES (1, 'one')")
        finally:
            await two_workspaces.close()

    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        asyncio.run(scenario())


def test_an_error_in_the_callers_code_rolls_a_write_back(two_workspaces: Database) -> None:
    async def scenario() -> list[tuple[object, ...]]:
        await two_workspaces.open()
        try:
            with pytest.raises(ZeroDivisionError):
                async with two_workspaces.write(1) as connection:
                    await connection.execute("DELETE FROM note")
                    raise ZeroDivisionError
            async with two_workspaces.read(1) as connection:
                return await (await connection.execute("SELECT text FROM note")).fetchall()
        finally:
            await two_workspaces.close()

    assert asyncio.run(scenario()) == [("one",)]


def test_more_readers_than_connections_wait_their_turn_and_then_fail_as_busy(
    two_workspaces: Database,
) -> None:
    async def scenario() -> None:
        small = Database(two_workspaces.dsn, connections_max=1, wait_seconds=0.2)
        await small.open()
        try:
            taken, done = asyncio.Event(), asyncio.Event()

            async def reader() -> None:
                async with small.read(1):
                    taken.set()
                    await done.wait()

            reading = asyncio.create_task(reader())
            await taken.wait()
            with pytest.raises(StoreUnavailable) as caught:
                async with small.read(1):
                    pass
            assert caught.value.retry
            done.set()
            await reading
            async with small.read(1) as connection:
                await connection.execute("SELECT 1")
        finally:
            await small.close()

    asyncio.run(scenario())


def test_the_program_is_refused_a_role_that_sees_every_workspace(server: TestServer) -> None:
    name = server.create(migrated=False)
    database = Database(server.dsn(name))
    owner = database.connect_owner()
    owner.execute("CREATE TABLE note (workspace_id integer)")
    owner.execute("ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    owner.close()
    with psycopg.connect(server.server.superuser_dsn(name), autocommit=True) as superuser:
        superuser.execute("ALTER TABLE note OWNER TO regulars_app")
        with pytest.raises(StoreMisconfigured, match="owns the tables"):
            database.connect()
        superuser.execute("DROP TABLE note")
        superuser.execute("ALTER ROLE regulars_app BYPASSRLS")
        try:
            with pytest.raises(StoreMisconfigured, match="BYPASSRLS"):
                database.connect()
        finally:
            superuser.execute("ALTER ROLE regulars_app NOBYPASSRLS")
    database.connect().close()
    server.drop(name)


def test_a_database_in_another_encoding_is_refused(server: TestServer) -> None:
    with psycopg.connect(server.server.superuser_dsn(), autocommit=True) as superuser:
        superuser.execute(
            "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc"
        )
    try:
        with pytest.raises(StoreMisconfigured, match="UTF8"):
            Database(server.dsn("latin")).connect()
    finally:
        server.drop("latin")


def test_a_wrong_password_is_said_at_once_and_never_shown(server: TestServer) -> None:
    database = Database(server.dsn("postgres") + " password=not-it-at-all")
    with pytest.raises(StoreMisconfigured) as caught:
        database.connect(wait_seconds=30)
    assert "not-it-at-all" not in str(caught.value)
    assert "not-it-at-all" not in repr(database)


def test_an_absent_server_is_an_outage_after_a_bounded_wait(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Database(f"host={tmp_path} dbname=x user=x").connect(wait_seconds=0.2)
    assert (caught.value.status, caught.value.retry) == (503, True)


def test_errors_of_data_and_outages_are_told_apart(two_workspaces: Database) -> None:
    connection = two_workspaces.connect()
    set_workspace(connection, 1)
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("INSERT INTO note VALUES (1, 'one')")
    assert blames_the_data(caught.value) and not means_outage(caught.value)
    connection.rollback()
    other = two_workspaces.connect_owner()
    other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
    with pytest.raises(psycopg.Error) as lost:
        connection.execute("SELECT 1")
    assert means_outage(lost.value) and not blames_the_data(lost.value)
    connection.close()
    other.close()


def test_the_pool_recovers_unseen_when_the_server_was_killed_and_came_back(
    private_directory: Callable[[], Path],
) -> None:
    server = EmbeddedServer(private_directory() / "home", extra=TEST_SETTINGS, durable_setup=False)

    async def scenario(database: Database) -> None:
        await database.open()
        try:
            async with database.read(1) as connection:
                await connection.execute("SELECT 1")
            found = server.postmaster()
            assert found is not None
            os.kill(found.pid, signal.SIGKILL)
            await asyncio.to_thread(wait_until, lambda: server.restarts == 1)
            for _ in range(5):
                async with database.read(1) as connection:
                    await connection.execute("SELECT 1")
        finally:
            await database.close()

    with server:
        server.watch()
        asyncio.run(scenario(Database(server.dsn, wait_seconds=20)))


def test_every_table_of_a_workspace_is_fenced(database: Database) -> None:
    owner = database.connect_owner()
    assert set(open_tables(owner)) <= {"workspace"}
    owner.close()


@pytest.mark.embedded_only
def test_an_embedded_server_gives_way_with_what_nobody_waits_for(database: Database) -> None:
    here = Database(database.dsn, embedded=True)
    usual = nice_of(here)
    assert usual < UNHURRIED_NICE
    assert nice_of(here, unhurried=True) == UNHURRIED_NICE
    assert nice_of(database, unhurried=True) == usual  # process ids of a server elsewhere mean others here


def nice_of(database: Database, *, unhurried: bool = False) -> int:
    """The priority of the server process behind a session; the higher, the less it gets."""
    with database.session(1, unhurried=unhurried) as connection:
        return os.getpriority(os.PRIO_PROCESS, connection.info.backend_pid)
