"""Migrations run once, in order, and never change after that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from regulars.store.database import Database, set_workspace
from regulars.store.embedded import EmbeddedServer
from regulars.store.errors import MigrationError
from regulars.store.migrate import Migration, load_migrations, migrate, open_tables, pending, sql_text
from tests.schema_dump import schema_text
from tests.servers import TEST_SETTINGS, TestServer

FIRST = Migration(name="0001_pre_shelf.sql", phase="pre", sql="CREATE TABLE shelf (workspace_id integer)")
SECOND = Migration(name="0002_pre_box.sql", phase="pre", sql="CREATE TABLE box (workspace_id integer)")
LAST = Migration(name="0003_post_shelf.sql", phase="post", sql="DROP TABLE shelf")


def tables(database: Database) -> set[str]:
    owner = database.connect_owner()
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    owner.close()
    return {str(name) for (name,) in rows} - {"schema_migration"}


def test_each_file_is_applied_once_and_in_order(empty_database: Database) -> None:
    assert pending(empty_database, migrations=(FIRST, SECOND)) == [FIRST.name, SECOND.name]
    assert migrate(empty_database, migrations=(FIRST, SECOND)) == [FIRST.name, SECOND.name]
    assert migrate(empty_database, migrations=(FIRST, SECOND)) == []
    assert tables(empty_database) == {"shelf", "box"}
    assert pending(empty_database, migrations=(FIRST, SECOND)) == []


def test_a_file_changed_after_it_was_applied_is_refused(empty_database: Database) -> None:
    migrate(empty_database, migrations=(FIRST,))
    changed = Migration(name=FIRST.name, phase="pre", sql=FIRST.sql + " -- just a comment")
    with pytest.raises(MigrationError, match="changed after it was applied"):
        migrate(empty_database, migrations=(changed, SECOND))
    assert tables(empty_database) == {"shelf"}


def test_a_database_of_a_newer_program_is_refused(empty_database: Database) -> None:
    migrate(empty_database, migrations=(FIRST, SECOND))
    with pytest.raises(MigrationError, match="newer program"):
        migrate(empty_database, migrations=(FIRST,))


def test_a_failing_file_leaves_nothing_behind_and_names_its_line(empty_database: Database) -> None:
    bad = Migration(
        name="0002_pre_bad.sql",
        phase="pre",
        sql="CREATE TABLE half (a integer);\n\nCREATE TABLE oops (a nonsense);",
    )
    with pytest.raises(MigrationError, match=r"0002_pre_bad.sql failed at line 3.*nonsense"):
        migrate(empty_database, migrations=(FIRST, bad))
    assert tables(empty_database) == {"shelf"}
    assert migrate(empty_database, migrations=(FIRST, SECOND)) == [SECOND.name]


def test_removals_wait_until_the_old_program_has_gone(empty_database: Database) -> None:
    assert migrate(empty_database, phases=("pre",), migrations=(FIRST, SECOND, LAST)) == [
        FIRST.name,
        SECOND.name,
    ]
    assert migrate(empty_database, migrations=(FIRST, SECOND, LAST)) == [LAST.name]
    assert tables(empty_database) == {"box"}


def test_a_statement_that_refuses_transactions_can_be_migrated(empty_database: Database) -> None:
    text = "-- no-transaction\nCREATE INDEX CONCURRENTLY shelf_workspace ON shelf (workspace_id)"
    index = Migration(name="0002_pre_index.sql", phase="pre", sql=text)
    assert migrate(empty_database, migrations=(FIRST, index)) == [FIRST.name, index.name]


def test_many_programs_starting_at_once_migrate_once(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        runs = [threads.submit(migrate, empty_database, migrations=(FIRST, SECOND)) for _ in range(4)]
        applied = [name for run in runs for name in run.result(timeout=60)]
    assert sorted(applied) == [FIRST.name, SECOND.name]


def test_the_program_may_use_new_tables_but_not_their_partitions(empty_database: Database) -> None:
    text = """
        CREATE TABLE log (workspace_id integer, at integer) PARTITION BY RANGE (at);
        CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
        CREATE TABLE entry (workspace_id integer);
        REVOKE UPDATE, DELETE ON entry FROM regulars_app;
        ALTER TABLE log ENABLE ROW LEVEL SECURITY;
        CREATE POLICY fence ON log USING (workspace_id = current_setting('regulars.workspace_id', true)::integer);
    """
    files = (Migration(name="0001_pre_log.sql", phase="pre", sql=text),)
    migrate(empty_database, migrations=files)
    migrate(empty_database, migrations=files)
    connection = empty_database.connect()
    set_workspace(connection, 1)
    connection.execute("INSERT INTO log VALUES (1, 1)")
    connection.execute("INSERT INTO entry VALUES (1)")
    connection.commit()
    for forbidden in ("SELECT * FROM log_1", "DELETE FROM entry", "DELETE FROM schema_migration"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(forbidden.encode())
        connection.rollback()
    connection.close()


def test_a_table_that_forgot_its_fence_is_found(empty_database: Database) -> None:
    migrate(empty_database, migrations=(FIRST,))
    owner = empty_database.connect_owner()
    assert open_tables(owner) == ["shelf"]
    owner.close()


def test_a_login_that_may_not_create_roles_is_told_what_to_ask_for(server: TestServer) -> None:
    name = server.create(migrated=False)
    with psycopg.connect(server.server.superuser_dsn(name), autocommit=True) as superuser:
        superuser.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        superuser.execute("GRANT CREATE ON SCHEMA public TO plain")
        try:
            database = Database(server.dsn(name) + " user=plain password=plain")
            with pytest.raises(MigrationError, match="administrator"):
                migrate(database, migrations=(FIRST,))
            assert tables(Database(server.dsn(name))) == set()
        finally:
            superuser.execute("DROP OWNED BY plain")
            superuser.execute("DROP ROLE plain")
    server.drop(name)


def test_the_administrator_of_a_managed_server_needs_no_superuser(
    private_directory: Callable[[], Path],
) -> None:
    with EmbeddedServer(private_directory() / "home", extra=TEST_SETTINGS, durable_setup=False) as server:
        with psycopg.connect(server.superuser_dsn(), autocommit=True) as superuser:
            superuser.execute("DROP ROLE regulars_app")
            superuser.execute("CREATE ROLE manager LOGIN CREATEROLE PASSWORD 'manager'")
            superuser.execute("CREATE DATABASE managed OWNER manager")
        database = Database(server.superuser_dsn("managed") + " user=manager password=manager")
        assert migrate(database, migrations=(FIRST,)) == [FIRST.name]
        assert migrate(database, migrations=(FIRST,)) == []
        connection = database.connect()
        assert connection.execute("SELECT current_user").fetchone() == ("regulars_app",)
        connection.close()


def test_the_printed_sql_makes_the_same_schema(server: TestServer, database: Database) -> None:
    name = server.create(migrated=False)
    by_hand = Database(server.dsn(name))
    owner = by_hand.connect_owner()
    owner.execute(sql_text().encode())
    assert pending(by_hand) == []
    migrated = database.connect_owner()
    assert schema_text(owner) == schema_text(migrated)
    owner.close()
    migrated.close()
    server.drop(name)


def test_the_schema_reads_the_same_on_every_server(
    servers: Callable[[str], TestServer], database: Database
) -> None:
    embedded = servers("embedded")
    name = embedded.create()
    other = Database(embedded.dsn(name)).connect_owner()
    here = database.connect_owner()
    assert schema_text(here) == schema_text(other)
    here.close()
    other.close()
    embedded.drop(name)


def test_misnamed_and_doubled_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_pre_a.sql").write_text("SELECT 1")
    (tmp_path / "0001_post_b.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match="same number"):
        load_migrations(tmp_path)
    (tmp_path / "0001_post_b.sql").rename(tmp_path / "2_late.sql")
    with pytest.raises(MigrationError, match="2_late.sql is not named"):
        load_migrations(tmp_path)
