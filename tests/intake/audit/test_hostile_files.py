"""Files of any make are audited, or refused in a sentence; nothing of them gets out that should not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from regulars.intake.audit.page import page
from regulars.intake.audit.tables import COLUMNS_MAX
from regulars.intake.audit.text import text
from regulars.intake.files.errors import FileUnreadable
from tests.intake.audit.support import audited, column, fix, one, table_of

HEAD = ["id", "first name", "email"]
ROWS = [["c1", "Zoë", "zoe@x.example"], ["c2", "José", "jose@x.example"], ["c3", "Zoë", "ZOE@x.example"]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"\n\n\n", "is empty"),
        (Random(1).randbytes(64) * 200, "neither text nor Parquet"),
        (b"PK\x03\x04" + b"\0" * 100, "Excel workbook"),
        (b"PAR1" + b"\0" * 100 + b"PAR1", "damaged Parquet"),
        (b"\x1f\x8b" + b"\0" * 50, "damaged or incomplete gzip"),
        (b'[{"id": 1}]', "one JSON array"),
        (b"{}\n{}\n", "no JSON object with a value"),
        (b'id,email\n"' + b"x" * 33_000_000, "neither CSV nor JSON lines"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "content",
)
def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match=told):
        audited(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_same_rows_give_the_same_audit_however_they_are_written(
    tmp_path: Path, encoding: str, delimiter: str, packed: bool
) -> None:
    path = table_of([HEAD, *ROWS], tmp_path / "a.csv", delimiter=delimiter, encoding=encoding)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    report = audited(path)
    assert (one(report).rows, report.people) == (3, 2)
    assert [found.meaning for found in one(report).columns] == ["external_id", "given_name", "email"]
    assert [(each.shape, each.count) for each in column(report, "first name").shapes] == [("Aaa", 2)]


def test_json_lines_and_csv_give_the_same_audit(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        json.dumps({"id": row[0], "who": {"first name": row[1], "mails": [{"email": row[2]}]}})
        for row in ROWS
    ]
    path.write_text("\n".join([*lines, "", '["no object"]', "{broken"]))
    report = audited(path)
    assert (one(report).rows, one(report).unreadable, report.people) == (5, 2, 2)
    assert [found.name for found in one(report).columns] == ["id", "who.first name", "who.mails.email"]
    assert [found.meaning for found in one(report).columns] == ["external_id", "given_name", "email"]


def test_a_file_without_a_header_is_read_from_its_first_row_and_said(tmp_path: Path) -> None:
    report = audited(table_of(ROWS, tmp_path / "a.csv"))
    assert (one(report).headed, one(report).rows) == (False, 3)
    assert [found.name for found in one(report).columns] == ["column 1", "column 2", "column 3"]
    assert column(report, "column 3").meaning == "email"
    assert fix(report, "first row holds a customer").weight == "urgent"
    for told in (text(report), page(report), repr(report)):
        assert "zoe@" not in told.lower()


def test_ten_thousand_columns_are_looked_at_up_to_the_limit(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(10_000)]
    report = audited(
        table_of([["email", *names], ["a@x.example", *names], ["b@x.example", *names]], tmp_path / "a.csv")
    )
    assert len(one(report).columns) == COLUMNS_MAX
    assert one(report).columns_left_out == 10_001 - COLUMNS_MAX
    assert report.people == 2


def test_broken_quotes_and_slipped_columns_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,first name,email\nc1,Ann,ann@x.example\nc2,Bob\nc3,Cid,cid@x.example,extra\nc4,Dan,dan@x.example\n"
        'c5,"Eve,eve@x.example\n'
    )
    report = audited(path)
    assert (one(report).rows, one(report).usable) == (5, 2)
    assert one(report).unreadable == 3
    assert "row has 2 values where the header has 3" in one(report).unreadable_reasons
    assert fix(report, "Rows that cannot be read").rows == 3


def test_columns_that_share_a_name_are_told_apart_and_said(tmp_path: Path) -> None:
    rows = [["email", "phone", "phone", ""], ["a@x.example", "020 7946 0001", "020 7946 0002", "x"]]
    report = audited(table_of(rows, tmp_path / "a.csv"))
    assert [found.name for found in one(report).columns] == ["email", "phone", "phone (2)", "(column 4)"]
    assert [found.used for found in one(report).columns] == [True, True, False, False]
    assert fix(report, "Columns of the same name: phone").weight == "worth it"


def test_what_a_file_says_is_never_markup_or_a_command_of_the_terminal(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    names = ["Ann Bob Cid Dan Eve Flo Gus Hal Ian Joe Kim Lea Max Ned Ola Pia Rex Sue Tom Uma Vic".split()]
    rows = [["id", "first name", evil, "card\x1b[2J"], *([f"c{name}", name, evil, evil] for name in names[0])]
    report = audited(table_of(rows, tmp_path / "<b>.csv"))
    told, shown = page(report), text(report)
    assert "<script" not in told and "<b>.csv" not in told
    assert "&lt;script&gt;" in told and "&lt;b&gt;.csv" in told
    assert "\x1b" not in shown and "\x1b" not in told


def test_a_page_loads_nothing_runs_nothing_and_says_so_to_the_browser(tmp_path: Path) -> None:
    told = page(audited(table_of([HEAD, *ROWS], tmp_path / "a.csv")))
    assert "default-src 'none'" in told and "style-src 'sha256-" in told
    assert "http:" not in told and "https:" not in told
    assert " style=" not in told and " src=" not in told and " onclick" not in told


def test_a_column_that_is_empty_at_first_is_known_once_it_has_values(tmp_path: Path) -> None:
    rows = [[f"c{number}x", "Ann", ""] for number in range(40_000)] + [["zx", "Ann", "ann@x.example"]] * 3
    report = audited(table_of([HEAD, *rows], tmp_path / "a.csv"))
    found = column(report, "email")
    assert (found.meaning, found.used, found.rows, found.filled) == ("email", True, 40_003, 3)


def test_dates_of_both_orders_in_a_column_are_told_with_those_that_could_be_either(tmp_path: Path) -> None:
    days = ["13/02/1980"] * 6 + ["02/13/1980"] * 3 + ["02/03/1980"] * 2 + ["31/02/1980"]
    rows = [[f"c{number}x", day] for number, day in enumerate(days)]
    report = audited(table_of([["id", "dob"], *rows], tmp_path / "a.csv"))
    assert column(report, "dob").reasons == {"there is no such day": 1}
    mixed = fix(report, "mixes day first (7) and month first (3)")
    assert (mixed.rows, mixed.gain[:9]) == (5, "2 further")
    assert fix(report, "is not written year first").rows == 12


def test_a_birth_date_made_up_at_the_till_is_found_from_the_data(tmp_path: Path) -> None:
    names = [f"Ka{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(400)]
    rows = [
        [f"c{n}x", name, "1980-01-01" if n % 4 == 0 else f"19{50 + n % 49}-0{1 + n % 9}-1{n % 10}"]
        for n, name in enumerate(names)
    ]
    report = audited(table_of([["id", "first name", "dob"], *rows], tmp_path / "a.csv"))
    assert fix(report, "The birth date 1980-01-01 stands on").rows == 100


def test_payment_card_numbers_come_first_and_are_not_shown(tmp_path: Path) -> None:
    rows = [["c1x", "4111111111111111"], ["c2x", "5500 0000 0000 0004"]]
    report = audited(table_of([["id", "card"], *rows], tmp_path / "a.csv"))
    assert report.fixes[0].title == "“card” holds payment card numbers"
    assert "4111" not in repr(report)
