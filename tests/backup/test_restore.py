"""A backup comes back whole, without those who were erased since, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.engine.forget import forget, restore
from regulars.store import restore as restoring
from regulars.store.backup import backup
from regulars.store.database import Database
from regulars.store.master import load_master_key
from regulars.store.opening import Store
from regulars.store.register import Register
from regulars.store.restore import RestoreFailed
from regulars.store.unfinished import UnfinishedRestore
from regulars.vocabulary.errors import Conflict, InvalidInput
from tests.architecture.tidy import ROOT
from tests.backup.conftest import Kept
from tests.backup.shop import KEY, OMAR, PHILIPPA, Shop, opened, sale, shop_in
from tests.schema_dump import schema_text

pytestmark = pytest.mark.both_databases


@pytest.fixture
def target(empty_database: Database, tmp_path: Path) -> Store:
    """A new home with an empty database of the operator's own, where a backup is to come back."""
    (tmp_path / "home").mkdir()
    return Store(empty_database, load_master_key(KEY, tmp_path), tmp_path / "home", None)


def test_restored_elsewhere_the_erased_stay_erased_and_nobody_else_is_lost(kept: Kept, target: Store) -> None:
    restored = restore(target, kept.directory, register=kept.register)
    assert [(again.erasure_id, again.records) for again in restored.erased_again] == [
        (kept.erasure.erasure_id, 1)
    ]
    assert restored.warning is None
    shop = Shop(target)
    assert shop.profile_of(PHILIPPA) is None
    assert shop.profile_of(OMAR) is not None
    assert shop.figures() == kept.figures_after
    assert shop.rows("select count(*) from quarantine") == [(0,)]
    assert shop.verify().differences == []
    shop.send(sale("R-p3", PHILIPPA, days=1), sale("R-o2", OMAR, days=1))
    shop.leave()
    assert shop.profile_of(PHILIPPA) is None
    assert shop.rows("select count(*) from sale where counted_on is null") == [(4,)]
    assert shop.verify().differences == []


def test_an_embedded_database_is_restored_as_well(kept: Kept, home: Path) -> None:
    with opened(home) as store:
        restore(store, kept.directory, register=kept.register)
        shop = Shop(store)
        assert shop.figures() == kept.figures_after
        assert shop.verify().differences == []


def test_the_schema_comes_back_with_its_fences_and_rights(
    kept: Kept, target: Store, database: Database
) -> None:
    restore(target, kept.directory)
    texts = []
    for one in (target.database, database):
        owner = one.connect_owner()
        texts.append(schema_text(owner))
        owner.close()
    assert texts[0] == texts[1]


def test_without_a_register_everything_comes_back_and_the_operator_is_warned(
    kept: Kept, target: Store
) -> None:
    restored = restore(target, kept.directory)
    assert restored.warning is not None
    assert "register of the old home" in restored.warning
    shop = Shop(target)
    assert shop.figures() == kept.figures_before
    assert shop.verify().differences == []


def test_a_filled_database_is_replaced_only_by_force_and_its_own_erasures_hold(
    kept: Kept, target: Store
) -> None:
    restore(target, kept.directory)
    shop = Shop(target)
    omar = shop.profile_of(OMAR)
    assert omar is not None
    forget(target, shop.vault, omar, actor="test")
    # As if the process had died between the erasure and its line in the register.
    Register(target.home).path.unlink()
    shop.send(sale("R-later", PHILIPPA, days=1))
    shop.leave()
    with pytest.raises(Conflict, match="not empty"):
        restore(target, kept.directory)
    assert shop.rows("select count(*) from sale where receipt = 'R-later'") == [(1,)]
    restored = restore(target, kept.directory, force=True)
    assert [again.records for again in restored.erased_again] == [1]
    assert shop.rows("select count(*) from sale where receipt = 'R-later'") == [(0,)]
    assert shop.profile_of(OMAR) is None
    assert shop.profile_of(PHILIPPA) is not None


def test_people_who_were_one_profile_then_and_two_when_one_was_erased_are_told_apart(
    home: Path, target: Store, tmp_path: Path
) -> None:
    shared = {"email": "the.wintringhams@example.com", "family_name": "Wintringham"}
    one, two = {"external_id": "c-1", **shared}, {"external_id": "c-2", **shared}
    with shop_in(home) as shop:
        shop.send(sale("R-1", one), sale("R-2", two))
        assert shop.rows("select count(distinct profile_id) from record") == [(1,)]
        backup(shop.store, tmp_path / "backup")
        shop.send(sale("R-3", one | {"given_name": "Philippa"}, days=1))
        shop.send(sale("R-4", two | {"given_name": "Rupert"}, days=1))
        ((first,), (second,)) = shop.rows("select record_id from record order by first_at, record_id")
        assert shop.rows("select count(distinct profile_id) from record") == [(2,)]
        forget(shop.store, shop.vault, first.hex, actor="test")
        register = Register(shop.store.home).path
    restored = restore(target, tmp_path / "backup", register=register)
    assert [again.records for again in restored.erased_again] == [1]
    back = Shop(target)
    assert back.rows("select record_id from record") == [(second,)]
    assert back.rows("select profiles from workspace_state") == [(1,)]
    assert back.verify().differences == []


def test_a_restore_while_others_use_the_database_is_refused(
    kept: Kept, target: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_OTHERS_SECONDS", 0.2)
    shop = Shop(target)
    shop.send(sale("R-first", OMAR))
    with pytest.raises(Conflict, match="Stop `regulars serve`"):
        restore(target, kept.directory, force=True)
    assert shop.send(sale("R-still-open", OMAR))[0].status == "applied"
    shop.leave()
    target.migrate()


def test_a_backup_of_another_master_key_is_refused(kept: Kept, target: Store) -> None:
    target.master = load_master_key("5a" * 32, target.home)
    with pytest.raises(InvalidInput, match="exported key"):
        restore(target, kept.directory)


@pytest.mark.parametrize("fault", ["cut", "changed", "newer schema", "newer format", "unfinished"])
def test_a_backup_that_is_not_whole_or_too_new_is_refused(
    kept: Kept, target: Store, tmp_path: Path, fault: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(kept.directory, copy)
    dump, manifest = copy / "regulars.dump", copy / "manifest.json"
    said = json.loads(manifest.read_text())
    if fault == "cut":
        dump.write_bytes(dump.read_bytes()[:-100])
    elif fault == "changed":
        dump.write_bytes(dump.read_bytes()[:-1] + b"x")
    elif fault == "newer schema":
        manifest.write_text(json.dumps(said | {"migrations": said["migrations"] | {"9999_pre_x.sql": "0"}}))
    elif fault == "newer format":
        manifest.write_text(json.dumps(said | {"format": 99}))
    else:
        manifest.unlink()
    with pytest.raises(InvalidInput):
        restore(target, copy)


def test_rows_that_are_missing_leave_the_database_as_it_was(
    kept: Kept, target: Store, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(kept.directory, copy)
    manifest = copy / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said | {"rows": said["rows"] | {"sale": said["rows"]["sale"] + 1}}))
    shop = Shop(target)
    shop.send(sale("R-own", OMAR))
    shop.leave()
    with pytest.raises(RestoreFailed, match="as it was"):
        restore(target, copy, force=True)
    target.migrate()
    assert shop.rows("select receipt from sale") == [("R-own",)]


KILLED = """
import os, sys
from pathlib import Path
from regulars.engine.forget import restore
from regulars.store.database import Database
from regulars.store.master import load_master_key
from regulars.store.opening import Store
key, home, directory, register, when = sys.argv[1:]
def report(step):
    if step == when:
        os.kill(os.getpid(), 9)
store = Store(Database(os.environ["DSN"]), load_master_key(key, Path(home)), Path(home), None)
restore(store, Path(directory), register=Path(register), report=report)
"""


@pytest.mark.parametrize("when", ["Loading the data", "Migrating", "Erasing again who was erased since"])
def test_killed_in_the_middle_nothing_starts_until_the_restore_is_repeated(
    kept: Kept, target: Store, when: str
) -> None:
    arguments = [KEY, str(target.home), str(kept.directory), str(kept.register), when]
    environment = os.environ | {"DSN": target.database.dsn, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", KILLED, *arguments]
    assert subprocess.run(command, env=environment, check=False, timeout=120).returncode == -9
    with pytest.raises(UnfinishedRestore, match="again"):
        target.migrate()
    restored = restore(target, kept.directory, register=kept.register)
    assert [again.records for again in restored.erased_again] == [1]
    shop = Shop(target)
    assert shop.figures() == kept.figures_after
    assert shop.profile_of(PHILIPPA) is None
    assert shop.verify().differences == []
