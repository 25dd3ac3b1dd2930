"""Duplicates, people and shared values are what a count by other means gives."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.capabilities.identity.audit.report import Report
from regulars.intake.audit import people
from tests.intake.audit.support import audited, fix, one, table_of

HEAD = ("id", "first name", "email", "phone", "loyalty card")
Row = tuple[str, str, str, str, str]


def groups_of(rows: list[Row]) -> list[set[int]]:
    """Sets of rows that hang together by the transitive closure of equal keys; names are not looked at."""
    near: dict[int, set[int]] = {number: {number} for number in range(len(rows))}
    for a, b in combinations(range(len(rows)), 2):
        if any(rows[a][key] and rows[a][key] == rows[b][key] for key in (0, 2, 3, 4)):
            near[a].add(b)
            near[b].add(a)
    found, seen = [], set[int]()
    for number in near:
        if number in seen:
            continue
        group, front = set[int](), {number}
        while front:
            group |= front
            front = set[int]().union(*(near[each] for each in front)) - group
        seen |= group
        found.append(group)
    return found


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "C1x", "C2x", "C3x", "C4x"]),
        st.just("Jane"),
        st.sampled_from(["", "a@shop.example", "b@shop.example", "c@shop.example", "d@shop.example"]),
        st.sampled_from(["", "020 7946 0001", "+442079460002", "02079460003"]),
        st.sampled_from(["", "L1x", "L2x", "L3x"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 30))
def test_people_of_one_name_are_the_closure_of_shared_keys(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], cut: int
) -> None:
    cut = min(cut, len(rows) - 1)
    folder = tmp_path_factory.mktemp("audit")
    parts = [rows[:cut], rows[cut:]] if cut else [rows]
    paths = [table_of([HEAD, *part], folder / f"{number}.csv") for number, part in enumerate(parts)]
    report = audited(*paths)
    # A customer number belongs to its file.
    scoped: list[Row] = [(row[0] and f"{row[0]}{number >= cut}", *row[1:]) for number, row in enumerate(rows)]
    keyed = [row for row in scoped if row[0] or any(row[2:])]
    groups = groups_of(keyed)
    assert report.people == len(groups)
    assert sum(table.usable for table in report.tables) == len(keyed)
    assert sum(table.keyless for table in report.tables) == len(rows) - len(keyed)
    expected = sum(len(group) for group in groups if len(group) > 1)
    assert sum(round(table.joining_share * table.usable) for table in report.tables) == expected


def test_a_family_that_shares_an_address_stays_several_people(tmp_path: Path) -> None:
    rows = [
        ("1a", "Jane", "home@x.example"),
        ("2a", "John", "HOME@x.example "),
        ("3a", "Jane", "home@x.example"),
    ]
    report = audited(table_of([("id", "first name", "email"), *rows], tmp_path / "a.csv"))
    assert (one(report).usable, report.people, one(report).duplicates) == (3, 2, 1)
    (key,) = [key for key in one(report).keys if key.name == "e-mail"]
    assert (key.rows, key.values, key.repeated, key.extra_rows, key.differing) == (3, 1, 1, 2, 1)


def shared_file(path: Path, people_count: int) -> Path:
    names = [f"Ka{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(people_count)]
    return table_of(
        [
            ("id", "first name", "email"),
            *((f"c{n}", name, "till@shop.example") for n, name in enumerate(names)),
        ],
        path,
    )


@pytest.mark.parametrize(
    ("count", "told"), [(6, None), (7, "aaa@aaa.aaa"), (19, "aaa@aaa.aaa"), (20, "till@shop.example")]
)
def test_a_value_is_shared_beyond_six_people_and_told_from_twenty(
    tmp_path: Path, count: int, told: str | None
) -> None:
    report = audited(shared_file(tmp_path / "a.csv", count))
    assert report.people == count
    if told is None:
        assert report.shared == []
        return
    (found,) = report.shared
    assert (found.people, found.rows, found.joins) == (count, count, False)
    assert (found.value or found.shape) == told
    assert "till@shop" not in str(report) or count >= 20
    assert fix(report, "too many people").rows == count


def test_a_customer_number_on_many_people_is_urgent_because_it_joins_them(tmp_path: Path) -> None:
    rows = [("77x", name, f"{name}@x.example".lower()) for name in "Ann Bob Cid Dan Eve Flo Gus Hal".split()]
    report = audited(table_of([("id", "first name", "email"), *rows], tmp_path / "a.csv"))
    assert report.people == 1
    (found,) = report.shared
    assert (found.field, found.people, found.joins) == ("customer number", 8, True)
    urgent = fix(report, "customer number that stand on people of different first names")
    assert (urgent.weight, urgent.rows, report.fixes[0]) == ("urgent", 8, urgent)


def test_the_match_rate_between_files_counts_rows_of_people_in_both(tmp_path: Path) -> None:
    till = table_of(
        [("card", "e-mail"), ("L1x", "a@x.example"), ("L2x", "b@x.example"), ("L3x", "")], tmp_path / "t.csv"
    )
    web = table_of(
        [("id", "mail"), ("1x", "A@X.example"), ("2x", "c@x.example")], tmp_path / "w.csv", delimiter=";"
    )
    report = audited(till, web)
    assert [table.joining_other_share for table in report.tables] == [0.3333, 0.5]
    assert report.people == 4
    (key,) = [key for key in report.tables[1].keys if key.name == "e-mail"]
    assert key.common == 1


def brute(path: Path, seed: int) -> dict[str, Any]:
    """A file of ten thousand rows, and its figures found with plain sets."""
    chance = random.Random(seed)
    by_mail: dict[str, int] = defaultdict(int)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "first name", "email", "town"))
        for number in range(10_000):
            mail = f"p{chance.randrange(7_000)}@x.example" if chance.random() < 0.9 else ""
            by_mail[mail] += 1
            writer.writerow((f"c{number}", "Jane", mail.upper() if chance.random() < 0.5 else mail, "Leeds"))
    none = by_mail.pop("")
    return {"people": len(by_mail) + none, "values": len(by_mail), "rows": 10_000 - none}


@pytest.mark.parametrize("group_max", [people.GROUP_ROWS_MAX, 2])
def test_a_large_file_gives_the_figures_of_a_plain_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_max: int
) -> None:
    expected = brute(tmp_path / "a.csv", 3)
    monkeypatch.setattr(people, "GROUP_ROWS_MAX", group_max)
    report = audited(tmp_path / "a.csv")
    (key,) = [key for key in one(report).keys if key.name == "e-mail"]
    assert (report.people, key.values, key.rows) == (expected["people"], expected["values"], expected["rows"])
    assert (report.unresolved > 0) is (group_max == 2)


def test_an_audit_leaves_no_file_behind_and_holds_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    written = table_of(
        [("id", "first name", "email"), *(("c1", "Griselda", "griselda.x@shop.example"),) * 2],
        tmp_path / "a.csv",
    )
    report: Report = audited(written)
    assert list(room.iterdir()) == []
    assert "riselda" not in repr(report).lower().replace("griselda.csv", "")
