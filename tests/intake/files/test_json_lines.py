"""JSON lines: keys are columns, lists are passed through, and what is no object is told by its line."""

from __future__ import annotations

import gzip

import pytest

from regulars.intake.files.errors import FileUnreadable
from tests.intake.files.support import Desk

MAPPING = """
[fields]
external_id = "id"
given_name = "names.first"
family_name = "names.last"
email = "contact.emails"
"""
LINES = b"""{"id": 1, "names": [{"kind": "PERSON"}, {"first": "Jane"}, {"last": "Doe"}], "contact": {"emails": ["j@x.example", "k@x.example"]}}

{"id": "2", "names": [{"first": "\xc3\x89lodie", "last": "Nguyen"}, {"first": "Ellie"}], "contact": null}
"""


def imported(desk: Desk, content: bytes, name: str = "people.jsonl") -> list[tuple[str | None, ...]]:
    path = desk.folder / name
    path.write_bytes(content)
    desk.run("customers", path, MAPPING)
    customers = [event.customer for event in desk.gate.all()]
    return [(c.external_id, c.given_name, c.family_name, c.email) for c in customers if c is not None]


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_the_first_value_at_a_path_counts(desk: Desk, before: bytes) -> None:
    assert imported(desk, before + LINES) == [
        ("1", "Jane", "Doe", "j@x.example"),
        ("2", "Élodie", "Nguyen", None),
    ]


def test_a_packed_file_is_read_too(desk: Desk) -> None:
    assert len(imported(desk, gzip.compress(LINES), "people.jsonl.gz")) == 2


def test_lines_that_are_no_objects_are_rejected_and_the_others_imported(desk: Desk) -> None:
    path = desk.folder / "people.jsonl"
    path.write_bytes(LINES + b'["Jane"]\n{"id": 3,\n{"id": "\xff"}\n' + b'{"a":' * 9_999 + b"\n")
    report = desk.run("customers", path, MAPPING)
    assert (report.events, report.rows_rejected) == (2, 4)
    assert desk.rejects() == [
        (4, "row", "is no JSON object"), (5, "row", "is no JSON"), (6, "row", "is no JSON"), (7, "row", "is no JSON"),
    ]  # fmt: skip


def test_a_mapping_for_another_file_is_told(desk: Desk) -> None:
    with pytest.raises(FileUnreadable, match="has none of"):
        imported(desk, b'{"shoe": 39}\n')


@pytest.mark.parametrize(
    ("whole", "given", "family"),
    [
        ("Ludwig van der Berg Jr.", "Ludwig", "van der Berg Jr."),
        ("de la Vega III, Maria", "Maria", "de la Vega III"),
        ("Robert Smith, Jr", "Robert", "Smith Jr"),
        ("王秀英", "秀英", "王"),
        ("Cher", "Cher", None),
    ],
)
def test_whole_names_are_cut_where_they_should_be(
    desk: Desk, whole: str, given: str, family: str | None
) -> None:
    mapping = """
        [fields]
        external_id = "id"
        given_name = { column = "name", name = "given" }
        family_name = { column = "name", name = "family" }
    """
    path = desk.folder / "people.jsonl"
    path.write_text(f'{{"id": 1, "name": "{whole}"}}\n', encoding="utf-8")
    desk.run("customers", path, mapping)
    (event,) = desk.gate.all()
    assert event.customer is not None
    assert (event.customer.given_name, event.customer.family_name) == (given, family)
