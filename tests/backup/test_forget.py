"""After an erasure nothing is left of a person: not in the database, its files, its log, or a later replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regulars.engine.forget import forget
from regulars.store import cluster
from regulars.store.backup import backup, full_dsn
from regulars.store.database import Database
from regulars.store.errors import StoreMisconfigured
from regulars.store.register import Entry, Register, read_register
from regulars.store.tools import run_tool
from regulars.vocabulary.errors import NotFound
from tests.backup.shop import NOON, OMAR, PHILIPPA, Shop, readable, sale, spellings, trade

WANTED = spellings(
    PHILIPPA["email"], PHILIPPA["email"].partition("@")[0], PHILIPPA["given_name"], PHILIPPA["family_name"],
    PHILIPPA["phone"], "+442079460123", "2079460123", "020 7946 0123", "7946 0123",
)  # fmt: skip


def dump_of(shop: Shop, directory: Path) -> Path:
    """Every row of every table as text."""
    assert shop.store.embedded is not None
    directory.mkdir()
    tool = shop.store.embedded.bin_dir / "pg_dump"
    run_tool(tool, "--format=plain", f"--file={directory / 'all.sql'}", dsn=full_dsn(shop.store))
    return directory


def sealed_of(shop: Shop, customer: dict[str, str]) -> dict[bytes, str]:
    """The wrapped keys and sealed bytes that a person's rows hold now."""
    profile = shop.profile_of(customer)
    rows = shop.rows(f"select sealed_key, sealed from record where profile_id = '{profile}'")
    found = {bytes(key): "a key" for key, _ in rows} | {bytes(sealed): "a record" for _, sealed in rows}
    events = shop.rows(
        f"select e.sealed from event e join record r using (workspace_id, record_id) where r.profile_id = '{profile}'"
    )
    found |= {bytes(sealed): "an event" for (sealed,) in events}
    quarantined = shop.rows("select sealed_key, sealed from quarantine")
    found |= {bytes(part): "a rejected message" for row in quarantined for part in row}
    assert len(found) == len(rows) * 2 + len(events) + 2
    return found


def test_at_no_time_is_a_person_in_clear_anywhere(shop: Shop, tmp_path: Path) -> None:
    assert shop.store.embedded is not None
    shop.store.embedded.stop()
    assert readable(shop.store.home, WANTED) == []
    assert readable(shop.store.embedded.data_dir, WANTED) == []
    shop.store.embedded.start()
    assert readable(dump_of(shop, tmp_path / "dump"), WANTED) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    for number, raw in enumerate(WANTED):
        (tmp_path / f"{number}").write_bytes(b"\0" * 200 + b"before" + raw + b"after")
    assert len({line.partition(":")[0] for line in readable(tmp_path, WANTED)}) == len(WANTED)


def test_after_an_erasure_neither_keys_nor_sealed_bytes_are_left_in_any_file(
    shop: Shop, tmp_path: Path
) -> None:
    assert shop.store.embedded is not None
    sealed = sealed_of(shop, PHILIPPA)
    _write_out(shop)
    there = readable(shop.store.embedded.data_dir, sealed)
    assert {"a key", "a record", "an event", "a rejected message"} <= {
        line.partition(": ")[2] for line in there
    }
    philippa = shop.profile_of(PHILIPPA)
    assert philippa is not None
    erasure = forget(shop.store, shop.vault, philippa, actor="test")
    assert erasure.proof["storage"] == {
        "cleared": True,
        "rewritten": ["record", "quarantine", "answer", "outbox", "privacy_request", "approval"],
        "write_ahead_log": "emptied",
    }
    sealed = {raw: what for raw, what in sealed.items() if what != "an event"}
    assert readable(shop.store.embedded.data_dir, WANTED | sealed) == []
    assert readable(shop.store.home, WANTED | sealed) == []
    assert readable(dump_of(shop, tmp_path / "dump"), WANTED | sealed) == []
    shop.leave()
    assert readable(shop.store.embedded.data_dir, WANTED | sealed) == []


def test_others_keep_all_they_had_and_a_replay_brings_nobody_back(shop: Shop) -> None:
    others = shop.rows("select count(*) from record")[0][0] - 1
    philippa = shop.profile_of(PHILIPPA)
    assert philippa is not None
    forget(shop.store, shop.vault, philippa, actor="test", reason="asked by letter")
    trade(shop)
    shop.send(sale("R-p9", PHILIPPA, days=1))
    assert shop.rows("select count(*) from record") == [(others,)]
    assert shop.profile_of(PHILIPPA) is None
    assert shop.profile_of(OMAR) is not None
    assert shop.verify().differences == []
    with pytest.raises(NotFound, match="erased already"):
        forget(shop.store, shop.vault, philippa, actor="test")


def test_the_proof_tells_which_backups_are_clean_and_who_else_must_clear(shop: Shop, tmp_path: Path) -> None:
    backup(shop.store, tmp_path / "before")
    philippa = shop.profile_of(PHILIPPA)
    assert philippa is not None
    proof = forget(shop.store, shop.vault, philippa, actor="test").proof
    assert proof["clear_also_at"] == ["tills"]
    assert proof["backups_to_let_expire"] == [str(tmp_path / "before")]
    after = backup(shop.store, tmp_path / "after")
    assert proof["last_backup_before"] < proof["backups_clean_from"] <= after.manifest.began_at.isoformat()
    omar = shop.profile_of(OMAR)
    assert omar is not None
    again = forget(shop.store, shop.vault, omar, actor="test").proof
    assert again["backups_to_let_expire"] == [str(tmp_path / "before"), str(tmp_path / "after")]


def test_the_register_is_outside_the_database_and_names_nobody(shop: Shop) -> None:
    philippa = shop.profile_of(PHILIPPA)
    assert philippa is not None
    erasure = forget(shop.store, shop.vault, philippa, actor="test")
    register = Register(shop.store.home)
    (entry,) = register.read()
    assert entry.erasure_id == erasure.erasure_id
    assert entry.marks == erasure.marks
    assert entry.clean_after >= entry.at
    assert oct(register.path.stat().st_mode)[-3:] == "600"
    assert readable(register.path.parent, WANTED) == []
    assert register.append([entry]) == 0


def test_half_a_line_of_a_crash_is_passed_over_and_damage_is_not(tmp_path: Path) -> None:
    register = Register(tmp_path)
    entry = Entry("5f" * 16, 1, NOON, NOON, "test", ["aa" * 16], "0123456789abcdef")
    register.append([entry])
    whole = register.path.read_bytes()
    register.path.write_bytes(whole + b'{"erasure_id": "5f')
    assert register.read() == [entry]
    other = json.loads(whole) | {"erasure_id": "0" * 32}
    register.append(read_register(_written(tmp_path / "other", json.dumps(other).encode() + b"\n")))
    assert [one.erasure_id for one in register.read()] == [entry.erasure_id, "0" * 32]
    register.path.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(StoreMisconfigured, match="Line 1"):
        register.append([entry])


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _write_out(shop: Shop) -> None:
    """Let the server write its pages to the files."""
    assert shop.store.embedded is not None
    superuser = Database(shop.store.embedded.superuser_dsn(cluster.DATABASE)).connect_owner()
    superuser.execute("checkpoint")
    superuser.close()
