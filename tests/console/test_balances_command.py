"""`regulars import balances`: a running programme moves in, lot by lot, once, whoever sends the file again."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.console.stage import Stage, details
from tests.console.test_why import customer
from tests.members import publish

HEADER = "loyalty_card,external_id,email,phone,points,point,last_day,active_from,reference"
AHEAD = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()
SOON = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()


@pytest.fixture
def moving(stage: Stage) -> Stage:
    """A programme, and two customers with a card each; two more share an e-mail."""
    publish(stage)
    stage.send(
        details("c-1", loyalty_card="L1", external_id="c1", email="ann@example.com", given_name="Ann"),
        details("c-2", loyalty_card="L2", external_id="c2", phone="+44 20 7946 0011", given_name="Bob"),
        details(
            "c-3", external_id="c3", email="both@example.com", given_name="Cleo", birth_date="1980-01-01"
        ),
        details("c-4", external_id="c4", email="both@example.com", given_name="Dan", birth_date="1990-02-02"),
    )
    return stage


def written(tmp_path: Path, *rows: str, header: str = HEADER) -> str:
    path = tmp_path / "balances.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def rejects(tmp_path: Path) -> list[tuple[str, ...]]:
    with (tmp_path / "balances.csv.rejects.csv").open(encoding="utf-8") as file:
        return [tuple(row[:3]) for row in csv.reader(file)][1:]


def lots(stage: Stage) -> list[tuple[Any, ...]]:
    """Card, points and last instant of each lot that was brought along."""
    with stage.database.session(stage.workspace_id) as conn:
        return conn.execute(
            "select l.remaining::int, l.expires_at, l.active_from > now(), t.actor, t.reason from loyalty_lot l"
            " join ledger_entry e using (workspace_id, lot_id) join ledger_txn t using (workspace_id, txn_id)"
            " where l.reason = 'opened' order by 1"
        ).fetchall()


def standing(stage: Stage, query: str) -> str:
    """The page of the customer with such a card."""
    client = stage.client()
    return client.get(customer(client, query)).text


def test_lots_come_with_their_own_days_and_the_same_file_again_opens_nothing(
    moving: Stage, regulars: Any, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        f"L1,,,,300,points,{AHEAD},,lot-1",
        f"L1,,,,40,,{SOON},,lot-2",
        f",c2,,,25,,,{SOON},",
        ",,ANN@example.com,,7,,,,lot-3",
        ",,,020 7946 0011,5,,,,",
    )
    told = regulars("import", "balances", file)
    assert (told["rows"], told["applied"], told["rejected"], told["rejects_file"]) == (5, 5, 0, None)
    found = lots(moving)
    assert [(points, later) for points, _, later, *_ in found] == [
        (5, False), (7, False), (25, True), (40, False), (300, False),
    ]  # fmt: skip
    end = datetime.fromisoformat(f"{AHEAD}T12:00+00:00")
    assert end < found[-1][1] < end + timedelta(days=1)  # to the end of the last day
    assert found[-1][3:] == ("cli", "lot-1")
    again = regulars("import", "balances", file)
    assert (again["applied"], again["duplicate"]) == (0, 5)
    changed = written(tmp_path, f"L1,,,,999,points,{AHEAD},,lot-1")  # a reference names one lot for ever
    assert regulars("import", "balances", changed)["duplicate"] == 1
    assert lots(moving) == found
    page = standing(moving, "L1")
    assert '<div class="kpi-value">347</div>' in page


def test_who_is_not_found_or_fits_several_is_refused_with_line_and_field(
    moving: Stage, regulars: Any, tmp_path: Path
) -> None:
    file = written(
        tmp_path,
        "L9,,,,10,,,,",
        ",,both@example.com,,10,,,,",
        ",,,,10,,,,",
        "L1,,,,ten,,,,",
        "L1,,,,10,miles,,,",
        "L1,,,,11,,,,",
    )
    told = regulars("import", "balances", file)
    assert (told["applied"], told["rejected"], told["rows_rejected"]) == (1, 3, 2)
    assert sorted(rejects(tmp_path), key=lambda row: int(row[0])) == [
        ("2", "customer", "is nobody here; import customers first, or give --source"),
        ("3", "customer", "fits several customers; say the card or the number"),
        ("4", "customer", "has none of loyalty_card, external_id, email, phone"),
        ("5", "points", "is not a whole number"),
        ("6", "point", "are not points of the programme"),
    ]
    assert [points for points, *_ in lots(moving)] == [11]
    # Once they are known, the same file opens what was refused, and nothing twice.
    moving.send(details("c-9", loyalty_card="L9", external_id="c9"))
    told = regulars("import", "balances", file)
    assert (told["applied"], told["duplicate"]) == (1, 1)
    assert [points for points, *_ in lots(moving)] == [10, 11]


def test_a_source_makes_the_customers_who_are_not_found(moving: Stage, regulars: Any, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"L7,n7,new@example.com,,10,,{AHEAD},,a",
        f"L7,n7,new@example.com,,20,,{SOON},,b",
        "L1,,,,30,,,,c",
    )
    told = regulars("import", "balances", file, "--source", "old-club")
    assert (told["applied"], told["source"]) == (3, "old-club")
    assert '<div class="kpi-value">30</div>' in standing(moving, "L7")
    assert '<div class="kpi-value">30</div>' in standing(moving, "L1")
    again = regulars("import", "balances", file, "--source", "old-club")
    assert (again["applied"], again["duplicate"]) == (0, 3)


def test_without_a_programme_nothing_is_taken(stage: Stage, regulars: Any, tmp_path: Path) -> None:
    stage.send(details("c-1", loyalty_card="L1"))
    file = written(tmp_path, "L1,,,,10,,,,")
    assert "Publish one first" in regulars("import", "balances", file, status=1)
    publish(stage)
    assert regulars("import", "balances", file)["applied"] == 1


def test_a_file_without_a_way_to_find_anybody_is_refused(
    moving: Stage, regulars: Any, tmp_path: Path
) -> None:
    file = written(tmp_path, "10", header="points")
    assert "any of loyalty_card, external_id, email, phone" in regulars("import", "balances", file, status=1)
