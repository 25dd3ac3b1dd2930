"""A backup is whole, says what it is, and opens with the master key alone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from regulars.store.backup import backup, backups_taken, read_manifest
from regulars.store.database import Database
from regulars.store.errors import StoreMisconfigured
from regulars.store.master import load_master_key
from regulars.store.opening import Store
from regulars.vocabulary.errors import InvalidInput
from tests.backup.conftest import Kept
from tests.backup.shop import KEY, OMAR, PHILIPPA, Shop, readable, sale, spellings
from tests.servers import TestServer


def test_the_manifest_counts_what_is_in_the_backup(kept: Kept) -> None:
    manifest = read_manifest(kept.directory)
    assert manifest.rows["sale"] == 44
    assert manifest.rows["record"] == 22
    assert manifest.rows["quarantine"] == 1
    assert [(one.name, one.event_no) for one in manifest.workspaces] == [("main", 44)]
    assert manifest.migrations
    assert {path.name: oct(path.stat().st_mode)[-3:] for path in kept.directory.iterdir()} == {
        "manifest.json": "600",
        "regulars.dump": "600",
    }


def test_a_backup_holds_no_person_in_clear_and_no_master_key(kept: Kept) -> None:
    wanted = spellings(
        PHILIPPA["email"], PHILIPPA["phone"], PHILIPPA["given_name"], "omar.oyelaran", "Wintringham"
    )
    key = bytes.fromhex(KEY)
    wanted |= {key: "the key", KEY.encode(): "the key", base64.b64encode(key): "the key"}
    assert readable(kept.directory, wanted) == []


def test_the_answer_says_how_the_key_is_exported(shop: Shop, tmp_path: Path) -> None:
    done = backup(shop.store, tmp_path / "backup")
    assert "REGULARS_MASTER_KEY" in done.master_key_note
    assert done.manifest.master_key in done.master_key_note
    assert KEY not in done.master_key_note
    assert [Path(taken.directory) for taken in backups_taken(shop.store.home)] == [tmp_path / "backup"]


def test_a_directory_with_something_in_it_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(InvalidInput, match="not empty"):
        backup(shop.store, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_events_that_come_in_meanwhile_neither_wait_nor_tear_the_backup(shop: Shop, tmp_path: Path) -> None:
    def report(step: str) -> None:
        assert shop.send(sale(f"R-during-{step}", OMAR))[0].status == "applied"

    done = backup(shop.store, tmp_path / "backup", report=report)
    assert done.manifest.rows["sale"] == done.manifest.rows["event"] == 44
    assert shop.rows("select count(*) from sale") == [(46,)]


def test_a_login_that_does_not_see_all_rows_is_told_what_to_do(database: Database, tmp_path: Path) -> None:
    store = Store(database, load_master_key(KEY, tmp_path), tmp_path, None)
    with pytest.raises(StoreMisconfigured, match="BYPASSRLS"):
        backup(store, tmp_path / "backup")
    assert list((tmp_path / "backup").iterdir()) == []


@pytest.mark.both_databases
def test_a_database_of_the_operators_own_is_backed_up_with_a_login_that_sees_all(
    server: TestServer, database: Database, tmp_path: Path
) -> None:
    master = load_master_key(KEY, tmp_path)
    shop = Shop(Store(database, master, tmp_path, None))
    shop.send(sale("R-1", OMAR))
    shop.leave()
    name = str(conninfo_to_dict(database.dsn)["dbname"])
    as_superuser = Database(server.server.superuser_dsn(name))
    owner = as_superuser.connect_owner()
    owner.execute("drop role if exists regulars_backup")
    owner.execute("create role regulars_backup login bypassrls password 'for the test'")
    owner.execute("grant pg_read_all_data to regulars_backup")
    login = make_conninfo(as_superuser.dsn, user="regulars_backup", password="for the test")
    done = backup(Store(Database(login), master, tmp_path, None), tmp_path / "backup")
    assert done.manifest.rows["sale"] == 1
    assert done.manifest.workspaces[0].event_no == 1
    owner.execute("drop role regulars_backup")
    owner.close()


def test_a_database_with_nothing_of_ours_in_it_is_no_backup(server: TestServer, tmp_path: Path) -> None:
    empty = server.create(migrated=False)
    store = Store(
        Database(server.server.superuser_dsn(empty)), load_master_key(KEY, tmp_path), tmp_path, None
    )
    with pytest.raises(InvalidInput, match="nothing to back up"):
        backup(store, tmp_path / "backup")
    server.drop(empty)
