"""Points come back with a backup, but not those of who was erased since."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.engine.forget import forget, restore
from regulars.intake.gate import EngineGate
from regulars.store.backup import backup
from regulars.store.database import Database
from regulars.store.master import load_master_key
from regulars.store.opening import Store
from tests.backup.shop import KEY, OMAR, PHILIPPA, Shop, shop_in, trade
from tests.members import PROGRAMME, Parts, publish

KNOWN = 'members = { who = "known" }\n'


def points(shop: Shop, customer: dict[str, str]) -> int:
    """What the lots of a customer hold."""
    rows = shop.rows(
        "select coalesce(sum(l.remaining), 0)::int from loyalty_lot l join record r using (workspace_id, record_id)"
        f" where r.profile_id = '{shop.profile_of(customer) or '0' * 32}'"
    )
    return int(rows[0][0])


@pytest.mark.both_databases
def test_points_are_restored_but_for_those_of_who_was_erased(
    home: Path, empty_database: Database, tmp_path: Path
) -> None:
    with shop_in(home) as shop:
        gate = EngineGate(shop.store.database, shop.store.master)
        publish(Parts(shop.store.database, shop.vault, gate), KNOWN + PROGRAMME)
        gate.close()
        trade(shop)
        omar = points(shop, OMAR)
        assert omar > 0
        assert points(shop, PHILIPPA) > 0
        backup(shop.store, tmp_path / "backup")
        philippa = shop.profile_of(PHILIPPA)
        assert philippa is not None
        forget(shop.store, shop.vault, philippa, actor="test")
    (tmp_path / "home").mkdir()
    target = Store(empty_database, load_master_key(KEY, tmp_path), tmp_path / "home", None)
    restore(target, tmp_path / "backup", register=home / "erasures" / "register.jsonl")
    again = Shop(target)
    assert points(again, OMAR) == omar
    assert again.rows(f"select count(*) from loyalty_lot where record_id = '{philippa}'") == [(0,)]
    assert again.rows("select sum(case when credit = 'member' then amount else -amount end)::int from ledger_entry"
                      f" where record_id = '{philippa}' and 'member' in (debit, credit)") == [(0,)]  # fmt: skip
    assert again.verify().differences == []
