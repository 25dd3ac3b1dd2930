"""A mapping does what its words say, and tells on which line a word is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from regulars.intake.files.errors import FileUnreadable, MappingError
from regulars.intake.files.mapping_file import parse_mapping
from regulars.vocabulary.events import Customer, Sale
from regulars.vocabulary.imports import ImportKind
from tests.intake.files.support import Desk, csv_text


def customer(desk: Desk, spec: str, *cells: str, field: str = "given_name", extra: str = "") -> Customer:
    """The customer of one row with the columns a, b … and one field mapped."""
    names = "abcdef"[: len(cells)]
    mapping = f'[fields]\nexternal_id = {{ value = "c-1" }}\n{field} = {spec}\n{extra}'
    desk.run("customers", csv_text(list(names), cells, delimiter=";"), mapping)
    (event,) = desk.gate.all()
    assert event.customer is not None
    return event.customer


@pytest.mark.parametrize(
    ("spec", "cells", "expected"),
    [
        ('"a"', ["  Ann "], "Ann"),
        ('{ column = "a", strip = false }', ["Ann "], "Ann "),
        ('{ columns = ["a", "b", "c"] }', ["Ann", "", "Marie"], "Ann Marie"),
        ('{ columns = ["a", "b"], join = "-" }', ["Ann", "Marie"], "Ann-Marie"),
        ('{ column = "a", empty = ["N/A", "-"] }', ["N/A"], None),
        ('{ column = "a", capture = "name=([^;]*)" }', ["id=1 name=Ann"], "Ann"),
        ('{ column = "a", capture = "x(y)" }', ["Ann"], None),
        ("""{ column = "a", replace = [['\\s+', ' '], ['^Mrs? ', '']] }""", ["Mrs  Ann"], "Ann"),
        ('{ column = "a", split = ",", part = 2 }', ["Doe, Ann, x"], "Ann"),
        ('{ column = "a", split = " ", part = -1 }', ["A B C"], "C"),
        ('{ column = "a", split = " ", part = 4 }', ["A B C"], None),
        ('{ column = "a", name = "given" }', ["Ann Marie Doe"], "Ann Marie"),
        ('{ column = "a", name = "given" }', ["Doe, Ann"], "Ann"),
        ('{ column = "a", name = "family" }', ["Ann Doe"], "Doe"),
        ('{ column = "a", name = "family" }', ["Ann"], None),
        ('{ column = "a", case = "title" }', ["ANN MARIE"], "Ann Marie"),
        ('{ column = "a", default = "Guest" }', [" "], "Guest"),
        ('{ column = "a", cases = [{ empty = true, value = "x" }], otherwise = "y" }', ["Ann"], "y"),
        ('{ column = "a", cases = [{ starts_with = ["A", "B"], value = "early" }] }', ["Ann"], "early"),
        ('{ column = "a", cases = [{ starts_with = "B", value = "early" }] }', ["Ann"], "Ann"),
        ('{ column = "a", cases = [{ above = 3, below = 5.5, value = "mid" }] }', ["5"], "mid"),
        ('{ column = "a", cases = [{ above = 3, value = "big" }], otherwise = "small" }', ["n"], "small"),
        ('{ column = "a", cases = [{ matches = "^[0-9]+$", value = "number" }] }', ["12"], "number"),
        ('{ column = "a", cases = [{ contains = "n", ends_with = "x", value = "z" }] }', ["Ann"], "Ann"),
        ("{ line_number = true }", ["x"], "2"),
    ],
)
def test_each_word_changes_the_text(desk: Desk, spec: str, cells: list[str], expected: str | None) -> None:
    assert customer(desk, spec, *cells).given_name == expected


def test_a_lookup_gives_its_value_and_rejects_what_it_does_not_know(desk: Desk) -> None:
    table = '[lookups.lands]\n"Deutschland" = "DE"\n"nowhere" = ""\n'
    found = customer(desk, '{ column = "a", lookup = "lands" }', "Deutschland", field="country", extra=table)
    assert found.address is not None
    assert found.address.country == "DE"
    spec = '[fields]\nexternal_id = "b"\ncountry = { column = "a", lookup = "lands" }\n' + table
    desk.run("customers", "a,b\nnowhere,c-2\nAtlantis,c-3\n", spec)
    last = desk.gate.all()[-1].customer
    assert last is not None
    assert (last.external_id, last.address) == ("c-2", None)
    assert desk.rejects() == [(3, "country", "is not in the lookup table")]


@pytest.mark.parametrize(
    ("spec", "cell", "expected"),
    [
        ('"a"', "1990-02-01", date(1990, 2, 1)),
        ('{ column = "a", format = "%d/%m/%Y" }', "01/02/1990", date(1990, 2, 1)),
        ('{ column = "a", format = ["%d/%m/%Y", "%d.%m.%y"] }', "1.2.90", date(1990, 2, 1)),
        ('{ column = "a", on_error = "empty" }', "unknown", None),
    ],
)
def test_dates_are_read_in_the_given_forms(desk: Desk, spec: str, cell: str, expected: date | None) -> None:
    assert customer(desk, spec, cell, field="birth_date").birth_date == expected


def sale(desk: Desk, fields: str, row: str, head: str = 'currency = "GBP"') -> Sale:
    """The sale of one row `a;b;c` with the receipt 1."""
    mapping = f'{head}\n[fields]\nreceipt = {{ value = "1" }}\n{fields}'
    desk.run("sales", f"a;b;c\n{row}\n", mapping)
    (event,) = desk.gate.all()
    assert event.sale is not None
    return event.sale


AT = 'occurred_at = { value = "2026-01-01T00:00:00Z" }\n'


@pytest.mark.parametrize(
    ("head", "spec", "cell", "minor"),
    [
        ("", '"a"', "1,234.50", 123450),
        ("", '"a"', "£ 12.5", 1250),
        ("", '"a"', "(12.50)", -1250),
        ("", '"a"', "12.50-", -1250),
        ("", '"a"', "- 12.50", -1250),
        ("", '"a"', "-£12.50", -1250),
        ('decimal_mark = ","', '"a"', "1.234,50 €", 123450),
        ("", '{ column = "a", decimal_mark = "," }', "1234,5", 123450),
        ("", '{ column = "a", negate = true }', "12.50", -1250),
        ("", '{ column = "a", round = true }', "12.505", 1250),
        ('decimal_mark = ","', '"a"', "1 234 567,89", 123456789),
    ],
)
def test_amounts_are_read_as_people_write_them(
    desk: Desk, head: str, spec: str, cell: str, minor: int
) -> None:
    assert sale(desk, f"{AT}total = {spec}\n", f"{cell};;", 'currency = "GBP"\n' + head).total_minor == minor


@pytest.mark.parametrize(
    "cell", ["12.3.4", "1,5", "1,23", "twelve", "1e3", "12,345,6", "--5", "٣", "9" * 30, "nan"]
)
def test_what_is_no_plain_number_is_rejected_rather_than_guessed(desk: Desk, cell: str) -> None:
    report = desk.run(
        "sales",
        csv_text(("receipt", "occurred_at", "currency", "total"), ("1", "2026-01-01T00:00:00Z", "GBP", cell)),
    )
    assert report.events == 0
    ((_, field, reason),) = desk.rejects()
    assert field == "total"
    assert cell not in reason


@pytest.mark.parametrize(
    ("spec", "cell", "expected"),
    [
        ('{ column = "a" }', "2026-07-01 12:00", datetime(2026, 7, 1, 11, 0, tzinfo=UTC)),
        ('{ column = "a" }', "2026-01-01", datetime(2026, 1, 1, 0, 0, tzinfo=UTC)),
        ('{ column = "a" }', "2026-07-01T12:00:00+05:30", datetime(2026, 7, 1, 6, 30, tzinfo=UTC)),
        (
            '{ column = "a", format = "%d.%m.%Y %H:%M" }',
            "01.07.2026 12:00",
            datetime(2026, 7, 1, 11, 0, tzinfo=UTC),
        ),
        (
            '{ column = "a", time_zone = "Asia/Tokyo" }',
            "2026-07-01 12:00",
            datetime(2026, 7, 1, 3, 0, tzinfo=UTC),
        ),
        ('{ column = "a", format = "unix" }', "1782907200", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
        ('{ column = "a", format = "unix_ms" }', "1782907200000", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
        ('{ columns = ["a", "b"] }', "2026-07-01;12:00", datetime(2026, 7, 1, 11, 0, tzinfo=UTC)),
    ],
)
def test_times_become_utc(desk: Desk, spec: str, cell: str, expected: datetime) -> None:
    row = cell if ";" in cell else f"{cell};"
    found = sale(
        desk,
        f"occurred_at = {spec}\ntotal = {{ value = 1 }}\n",
        f"{row};",
        'currency = "GBP"\ntime_zone = "Europe/London"',
    )
    assert desk.gate.all()[0].occurred_at == expected
    assert found.business_date is not None


def test_a_time_without_a_zone_is_rejected_when_no_zone_is_known(desk: Desk) -> None:
    desk.run("sales", "receipt,occurred_at,currency,total\n1,2026-07-01 12:00,GBP,1\n")
    assert desk.rejects() == [(2, "occurred_at", "has no time zone; set time_zone in the mapping")]


def test_the_business_date_is_the_day_in_the_mapping_s_zone(desk: Desk) -> None:
    found = sale(
        desk,
        'occurred_at = "a"\ntotal = "b"',
        "2026-07-01T23:30:00Z;1;",
        'currency = "GBP"\ntime_zone = "Europe/London"',
    )
    assert found.business_date == date(2026, 7, 2)


def test_rows_are_skipped_by_condition_and_counted(desk: Desk) -> None:
    mapping = """
        [fields]
        external_id = "id"
        [[skip]]
        column = "state"
        equals = ["deleted", "test"]
        [[skip]]
        column = "id"
        empty = true
        """
    report = desk.run(
        "customers", "id,state\nc-1,live\nc-2,deleted\n,live\nc-3,test\nc-4\nc-5,live\n", mapping
    )
    assert (report.rows, report.rows_skipped, report.applied, report.rows_rejected) == (6, 3, 2, 1)
    assert [line for line, _, _ in desk.rejects()] == [6]


def test_quantities_keep_six_decimals_and_no_more(desk: Desk) -> None:
    header = ("receipt", "occurred_at", "currency", "sku", "quantity")
    at = "2026-01-01T00:00:00Z"
    desk.run("sales", csv_text(header, ("1", at, "GBP", "A", "0.123456"), ("2", at, "GBP", "A", "0.1234567")))
    (event,) = desk.gate.all()
    assert event.sale is not None
    assert event.sale.lines[0].quantity == Decimal("0.123456")
    assert [field for _, field, _ in desk.rejects()] == ["quantity"]


def test_the_first_row_can_be_data(desk: Desk) -> None:
    mapping = '[file]\ncolumns = ["id", "who"]\n[fields]\nexternal_id = "id"\ngiven_name = "who"\n'
    desk.run("customers", "c-1|Ann\nc-2|Bob\n", mapping)
    assert [event.customer.given_name for event in desk.gate.all() if event.customer] == ["Ann", "Bob"]


def test_lines_ahead_of_the_header_can_be_left_out(desk: Desk) -> None:
    mapping = '[file]\nskip_lines = 2\n[fields]\nexternal_id = "id"\n'
    desk.run("customers", "Export of all customers; run 7\n\nid,who\nc-1,Ann\n,Bob\n", mapping)
    assert [event.customer.external_id for event in desk.gate.all() if event.customer] == ["c-1"]
    assert [line for line, _, _ in desk.rejects()] == [5]


GOOD = """kind = "sales"
currency = "GBP"
time_zone = "Europe/London"

[fields]
receipt = "invoice"
occurred_at = { column = "at", format = "%Y" }
total = { column = "sum" }

[lookups.x]
a = "b"

[[skip]]
column = "state"
empty = true
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("currency =", "currencies =", 2, "unknown key 'currencies'; did you mean 'currency'?"),
        ('receipt = "invoice"', 'receit = "invoice"', 6, "did you mean 'receipt'?"),
        ("format =", "fromat =", 7, "unknown key 'fromat'; did you mean 'format'?"),
        (
            'column = "sum" }',
            'column = "sum", cases = [\n  { equals = "a", value = "b" },\n  { eqals = "a", value = "c" } ] }',
            10,
            "unknown key 'eqals'",
        ),
        ("empty = true", "emty = true", 15, "unknown key 'emty'"),
        ("empty = true", "", 13, "give a condition"),
        ('"sum" }', '"sum", round = "yes" }', 8, "Expected `bool`"),
        ("Europe/London", "Europe/Londn", 3, "is not a time zone"),
        ('"sum" }', '"sum", value = 1 }', 8, "give one of: column, columns, value, line_number"),
        ('"sum" }', '"sum", lookup = "y" }', 8, "there is no table [lookups.y]"),
        ('"sum" }', '"sum", capture = "(a" }', 8, "is not a regular expression"),
        ('"sum" }', '"sum", capture = "a" }', 8, "exactly one group"),
        ('"sum" }', '"sum", split = " " }', 8, "split and part go together"),
        ('receipt = "invoice"', "", 5, "nothing fills receipt"),
        ('currency = "GBP"', "", 5, "nothing fills currency"),
        ("currency =", "group_by = ['till']\ncurrency =", 2, "not a mapped field"),
        ("total = {", 'total_minor = "x"\ntotal = {', 9, "either 'total' or 'total_minor'"),
        ('kind = "sales"', 'kind = "customers"', 1, "this mapping is for customers, not for sales"),
        ("[lookups.x]", "[lookups.x", 10, "is not TOML"),
    ],
)
def test_a_wrong_word_is_named_with_its_line(old: str, new: str, line: int, problem: str) -> None:
    parse_mapping(GOOD, "sales", file="my.toml")
    assert old in GOOD
    with pytest.raises(MappingError) as caught:
        parse_mapping(GOOD.replace(old, new, 1), "sales", file="my.toml")
    assert problem in caught.value.message
    assert f"line {line}" in caught.value.message
    assert "my.toml" in caught.value.message


@pytest.mark.parametrize("kind", ["sales", "customers", "products"])
def test_an_empty_mapping_says_what_it_lacks(kind: ImportKind) -> None:
    with pytest.raises(MappingError, match="nothing fills"):
        parse_mapping("", kind, file="my.toml")


def test_a_column_that_the_file_lacks_is_named_with_the_nearest(desk: Desk) -> None:
    with pytest.raises(FileUnreadable, match=r"no column 'emial'\. Did you mean 'email'\?"):
        desk.run("customers", "email,name\na@shop.test,Ann\n", '[fields]\nemail = "emial"\n')


def test_a_constant_that_does_not_fit_its_field_is_refused(desk: Desk) -> None:
    with pytest.raises(MappingError, match=r"fields\.currency: the constant is not a currency code"):
        desk.run(
            "sales",
            "a,b\n1,2\n",
            '[fields]\nreceipt = "a"\noccurred_at = "b"\ncurrency = { value = "pounds" }\n',
        )
