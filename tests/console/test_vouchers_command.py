"""`regulars import vouchers`: codes a programme gave out move in, each once, with their owner, worth and end."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.store.session import Session
from tests.console.offered import promotion, run
from tests.console.stage import Stage, details
from tests.console.test_store_card import audit_of
from tests.console.test_why import customer
from tests.members import publish

HEADER = "loyalty_card,email,code,value,currency,promotion,last_day"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mappings" / "vouchers.toml"
AHEAD = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()


@pytest.fixture
def moving(stage: Stage) -> Stage:
    """Two customers, of whom one has a card."""
    publish(stage)
    stage.send(
        details("c-1", loyalty_card="L1", external_id="c1", email="ann@example.com", given_name="Ann"),
        details("c-2", external_id="c2", email="bob@example.com", given_name="Bob"),
    )
    return stage


def written(tmp_path: Path, *rows: str, header: str = HEADER) -> str:
    path = tmp_path / "vouchers.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def rejects(tmp_path: Path) -> list[tuple[str, ...]]:
    with (tmp_path / "vouchers.csv.rejects.csv").open(encoding="utf-8") as file:
        return sorted((tuple(row[:3]) for row in list(csv.reader(file))[1:]), key=lambda row: int(row[0]))


def kept(stage: Stage) -> list[tuple[Any, ...]]:
    with stage.database.session(stage.workspace_id) as conn:
        return conn.execute(
            "select promotion_id, value_minor::int, currency, record_id is not null, uses_max, sealed is not null"
            " from promotion_code order by value_minor, promotion_id"
        ).fetchall()


def test_codes_come_with_owner_worth_and_end_and_the_same_file_again_changes_nothing(
    moving: Stage, regulars: Any, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        f"L1,,AB-12 cd34,5.00,GBP,,{AHEAD}",
        ",BOB@example.com,ZZZZ9999,7.43,GBP,,",
        ",,BEARER01,1.00,GBP,,",
    )
    told = regulars("import", "vouchers", file)
    assert (told["rows"], told["applied"], told["rejected"], told["rejects_file"]) == (3, 3, 0, None)
    voucher = "~voucher"
    assert kept(moving) == [
        (voucher, 100, "GBP", False, 1, True), (voucher, 500, "GBP", True, 1, True), (voucher, 743, "GBP", True, 1, True)
    ]  # fmt: skip
    again = regulars("import", "vouchers", file)
    assert (again["applied"], again["duplicate"]) == (0, 3)
    client = moving.client()
    page = client.get(customer(client, "L1")).text
    assert "£5.00 off" in page
    assert "•••• CD34" in page
    assert "AB12CD34" not in page
    assert [one[1] for one in audit_of(moving, "vouchers.imported")] == ["vouchers.imported"]


def test_rows_that_cannot_be_are_listed_and_taken_once_they_can(
    moving: Stage, regulars: Any, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        "L9,,AAAA1111,5.00,GBP,,",
        "L1,,A!,5.00,GBP,,",
        "L1,,BBBB2222,,,,",
        "L1,,CCCC3333,,,no-such,",
        "L1,,DDDD4444,5.00,GBP,,",
        ",bob@example.com,DDDD4444,5.00,GBP,,",
        "L1,,EEEE5555,-1,GBP,,",
    )
    told = regulars("import", "vouchers", file)
    assert (told["applied"], told["rejected"], told["rows_rejected"]) == (1, 3, 3)
    assert rejects(tmp_path) == [
        ("2", "customer", "is nobody here; import customers first, or give --source"),
        ("3", "code", "must have 4 to 40 letters and digits"),
        ("4", "value", "needs either a value or a promotion"),
        ("5", "promotion", "is no promotion that can be used"),
        ("7", "code", "is there already and means something else"),
        ("8", "value", "must be above 0, in a currency"),
    ]
    moving.send(details("c-9", loyalty_card="L9", external_id="c9"))
    told = regulars("import", "vouchers", file)
    assert (told["applied"], told["duplicate"]) == (1, 1)


def test_the_mapping_of_the_examples_reads_an_export_of_another_system(
    moving: Stage, regulars: Any, tmp_path: Path
) -> None:
    moving.send(details("c-5", loyalty_card="0815", external_id="c5"))
    run(moving, promotion("birthday-cake", "code_required = true"))
    header = "Gutscheincode;Kundenkarte;Betrag;Aktion;Gültig bis;Status"
    file = written(
        tmp_path,
        "AAAA-1111;K-0815;7,50;;31.12.2031;offen",
        "BBBB-2222;K-0815;0,00;Geburtstag;31.12.2031;offen",
        "CCCC-3333;K-0815;5,00;;31.12.2031;eingelöst",
        header=header,
    )
    told = regulars("import", "vouchers", file, "--mapping", str(EXAMPLE))
    assert (told["applied"], told["rows_skipped"], told["rejects_file"]) == (2, 1, None)
    assert kept(moving) == [
        ("~voucher", 750, "EUR", True, 1, True), ("birthday-cake", None, None, True, 1, True)
    ]  # fmt: skip
    with moving.database.session(moving.workspace_id) as conn:
        ends = conn.execute("select distinct expires_at from promotion_code").fetchall()
    assert ends == [(datetime(2031, 12, 31, 23, tzinfo=UTC),)], "midnight in Berlin"


def test_an_erased_person_leaves_no_voucher(moving: Stage, regulars: Any, tmp_path: Path) -> None:
    regulars("import", "vouchers", written(tmp_path, "L1,,AB12CD34,5.00,GBP,,"))
    with moving.database.session(moving.workspace_id) as conn:
        (profile,) = conn.execute("select r.profile_id from record r join promotion_code using (record_id)").fetchone() or ()  # fmt: skip
        assert conn.execute("select code_hash from promotion_code").fetchone() is not None
    session = Session(moving.database)
    Eraser(session, moving.vault, utc_now).erase(profile.hex, actor="test")
    session.close()
    assert kept(moving) == []
