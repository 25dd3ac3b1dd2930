"""CSV of any make is read as it was written; what cannot be read is told by line."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regulars.intake.files import csv_lines
from regulars.intake.files.batches import ROWS_PER_BATCH_MAX
from regulars.intake.files.csv_reader import CsvReader
from regulars.intake.files.dialect import Dialect
from regulars.intake.files.errors import FileUnreadable
from regulars.intake.files.facts import inspect_file
from tests.intake.files.support import Desk, csv_text

NAMES = ["given_name", "family_name", "email"]


def read(path: Path) -> list[tuple[int, tuple[str, ...], str | None]]:
    """Line, values and fault of every row."""
    reader = CsvReader(inspect_file(path), expected=frozenset(NAMES), base=Dialect())
    reader.select(set(NAMES))
    out = []
    for batch in reader.batches():
        rows = zip(*(batch.columns[name] for name in NAMES), strict=True)
        for place, (line, row) in enumerate(zip(batch.lines, rows, strict=True)):
            fault = batch.faults.get(place)
            out.append((line, row, fault.reason if fault else None))
    reader.close()
    return out


def starts(text: str, dialect: csv.Dialect | type[csv.Dialect]) -> list[int]:
    """The lines that rows start on, found by asking the csv module one row at a time."""
    reader = csv.reader(io.StringIO(text, newline=""), dialect)
    found, before = [], 0
    for row in reader:
        if any(row):
            found.append(before + 1)
        before = reader.line_num
    return found


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\r\t",;'), max_size=12
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=30),
    delimiter=st.sampled_from(",;\t|^~:"),
    encoding=ENCODINGS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    packed=st.booleans(),
    block=st.sampled_from([40, 1_000_000]),
)
@example(
    rows=[('"', "\n", "\r\n"), ("", "", "")],
    delimiter=",",
    encoding="utf-8",
    end="\n",
    quoting=csv.QUOTE_MINIMAL,
    packed=False,
    block=40,
)
def test_whatever_the_csv_module_writes_is_read_back(
    rows: list[tuple[str, str, str]],
    delimiter: str,
    encoding: str,
    end: str,
    quoting: Literal[0, 1],
    packed: bool,
    block: int,
) -> None:
    known = [row for row in rows if any(row) and all(_fits(value, encoding) for value in row)]
    if any(mark in value for row in known for value in row for mark in "\r\n"):
        quoting = csv.QUOTE_ALL  # the module quotes only the line end that it writes itself
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(NAMES)
    writer.writerows(known)
    content = text.getvalue().encode(encoding)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_lines, "_BLOCK_CHARACTERS", block)
        path = Path(folder, "data.csv")
        path.write_bytes(gzip.compress(content) if packed else content)
        found = read(path)

    class Written(csv.excel):
        pass

    Written.delimiter = delimiter
    assert [row for _, row, _ in found] == known
    assert [fault for _, _, fault in found] == [None] * len(known)
    assert [line for line, _, _ in found] == starts(text.getvalue(), Written)[1:]


def _fits(value: str, encoding: str) -> bool:
    try:
        raw = value.encode(encoding)
    except UnicodeEncodeError:
        return False
    # Text in an old encoding that happens to be UTF-8 as well cannot be told from it; latin-1 shares
    # its control characters with no text of the world.
    if encoding in ("cp1252", "latin-1"):
        return value.isascii() or (
            "\u00e9" in value and not any(0x80 <= byte < 0xA0 for byte in raw) and not _utf8(raw)
        )
    return True


def _utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1252", "Zoë Müller – café €5"), ("latin-1", "Zoë\x81 Müller"), ("utf-16", "Łukasz 李")],
)
def test_encodings_of_old_tills_are_found(desk: Desk, encoding: str, name: str) -> None:
    desk.run("customers", f"external_id;given_name\nc-1;{name}\n".encode(encoding))
    (event,) = desk.gate.all()
    assert event.customer is not None
    assert event.customer.given_name == name


def test_an_accent_far_down_the_file_decides_the_encoding(desk: Desk) -> None:
    rows = "".join(f"c-{number},Ann\n" for number in range(120_000))
    desk.run("customers", f"external_id,given_name\n{rows}c-x,Zoë\n".encode("cp1252"))
    last = desk.gate.all()[-1].customer
    assert last is not None
    assert last.given_name == "Zoë"


def test_a_few_broken_bytes_in_utf8_reject_their_rows_only(desk: Desk) -> None:
    good = "".join(f"c-{number},Zoë\n" for number in range(50)).encode()
    report = desk.run("customers", b"external_id,given_name\n" + good + b"c-x,Zo\xeb\nc-y,Ann\n")
    assert report.applied == 51
    assert desk.rejects() == [(52, "row", "holds bytes that are not text in the file's encoding")]


def test_ragged_rows_are_rejected_by_their_line(desk: Desk) -> None:
    text = 'external_id,given_name,city\nc-1,Ann,"two\nlines"\nc-2,Bob\nc-3,Cid,Ely,extra\n\nc-4,Dot,York,,\nc-5,"Eve",Bath\n'
    desk.run("customers", text)
    assert desk.rejects() == [
        (4, "row", "has 2 values where the header has 3"),
        (5, "row", "has 4 values where the header has 3"),
    ]
    assert [event.customer.external_id for event in desk.gate.all() if event.customer] == [
        "c-1",
        "c-4",
        "c-5",
    ]


def test_broken_bytes_in_a_receipt_number_reject_that_receipt_only(desk: Desk) -> None:
    rows = "".join(f"Z{number},2026-01-01T00:00:00Z,GBP,1,Zoë\n" for number in range(30)).encode()
    desk.run(
        "sales", b"receipt,occurred_at,currency,total,note\n" + rows + b"Z\xeb,2026-01-01T00:00:00Z,GBP,1,x\n"
    )
    assert len(desk.gate.all()) == 30
    assert [line for line, _, _ in desk.rejects()] == [32]


def test_rows_without_any_value_are_passed_over(desk: Desk) -> None:
    report = desk.run("customers", "external_id,given_name\n,\nc-1,Ann\n,\n\nc-2,\n,\n")
    assert (report.rows, report.applied, report.rows_rejected) == (2, 2, 0)


def test_a_row_with_nul_bytes_is_rejected(desk: Desk) -> None:
    desk.run("customers", b"external_id,given_name\nc-1,A\0nn\nc-2,Bob\n")
    assert desk.rejects() == [(2, "row", "holds a NUL byte")]
    assert len(desk.gate.all()) == 1


def test_a_value_of_ten_megabytes_rejects_its_row_only(desk: Desk) -> None:
    desk.run("customers", f"external_id,given_name\nc-1,{'x' * 10_000_000}\nc-2,Bob\n")
    assert desk.rejects() == [(2, "row", "cannot be read from line 2 to 2: a quote may be missing")]
    assert len(desk.gate.all()) == 1


def test_a_quote_that_never_closes_costs_no_more_than_one_value(desk: Desk) -> None:
    rows = "".join(f"c-{number},Ann\n" for number in range(20_000))
    report = desk.run("customers", f'external_id,given_name\nc-x,"Ann\n{rows}')
    ((line, field, reason),) = desk.rejects()
    assert (line, field) == (2, "row")
    assert "from line 2 to" in reason
    assert report.applied > 1_000


def test_a_line_without_an_end_stops_the_import(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "RECORD_CHARACTERS_MAX", 100_000)
    with pytest.raises(FileUnreadable, match="around line 2 has over 100,000 characters"):
        desk.run("customers", f"external_id,given_name\nc-1,{'x' * 2_000_000}\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "is empty"),
        (b"PK\x03\x04rest", "save the sheet as CSV"),
        (b"%PDF-1.7 rest", "is a PDF"),
        (gzip.compress(b"external_id\nc-1\n", mtime=0)[:-4], "damaged or incomplete gzip"),
        (b"\x1f\x8b\x08 and then no archive", "damaged or incomplete gzip"),
        (bytes(range(256)) * 40, "neither text nor Parquet"),
        (b"PAR1 and then nothing", "damaged Parquet"),
        (b"colour,size\nred,1\n", "has no column for any of external_id"),
        (b"external_id,name,name\nc-1,a,b\n", "has 2 columns named 'name'"),
    ],
)
def test_files_that_cannot_be_used_are_refused_in_plain_words(
    desk: Desk, content: bytes, message: str
) -> None:
    with pytest.raises(FileUnreadable, match=message):
        desk.run("customers", content)
    assert desk.gate.batches == []


def test_a_missing_file_is_named(desk: Desk) -> None:
    with pytest.raises(FileUnreadable, match="There is no file"):
        desk.run("customers", desk.folder / "nothing.csv")


def test_a_header_without_rows_is_an_import_of_nothing(desk: Desk) -> None:
    report = desk.run("customers", "external_id,given_name\n")
    assert (report.rows, report.events) == (0, 0)


def test_the_separator_that_a_spreadsheet_announces_is_taken(desk: Desk) -> None:
    desk.run("customers", "sep=|\nexternal_id|given_name\nc-1|Ann\n")
    (event,) = desk.gate.all()
    assert event.customer is not None
    assert (event.customer.external_id, event.customer.given_name) == ("c-1", "Ann")


def test_headers_are_ours_in_any_case_and_spacing(desk: Desk) -> None:
    desk.run("customers", " External ID ;Given-Name;Shoe size\nc-1;Ann;39\n")
    (event,) = desk.gate.all()
    assert event.customer is not None
    assert (event.customer.external_id, event.customer.given_name) == ("c-1", "Ann")
    assert event.customer.traits == {"Shoe size": "39"}


def test_a_file_of_one_column_needs_no_delimiter(desk: Desk) -> None:
    report = desk.run("customers", "email\nann@shop.test\nbob@shop.test\n")
    assert report.applied == 2


def test_batches_are_bounded_however_short_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(csv_text(NAMES) + "a,b,c\n" * 50_000)
    reader = CsvReader(inspect_file(path), expected=frozenset(NAMES), base=Dialect())
    reader.select(set(NAMES))
    sizes = [len(batch) for batch in reader.batches()]
    assert sum(sizes) == 50_000
    assert max(sizes) <= ROWS_PER_BATCH_MAX
