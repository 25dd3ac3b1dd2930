"""JSON lines are imported like any other file: nested values are columns, broken lines are rejected by number."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from regulars.intake.files.errors import FileUnreadable
from regulars.intake.files.facts import inspect_file
from regulars.intake.files.json_reader import DEPTH_MAX, NAMES_MAX, JsonReader
from tests.intake.files.support import Desk


def names(path: Path) -> list[str]:
    reader = JsonReader(inspect_file(path))
    reader.close()
    return reader.names


def test_customers_come_in_with_our_names_in_the_objects(desk: Desk) -> None:
    lines = [
        {"external_id": "7", "email": "ann@x.example", "tags": ["a", "b"], "vip": True},
        {"external_id": 8, "email": None, "phone": "+442079460018"},
    ]
    report = desk.run("customers", "\n".join(map(json.dumps, lines)))
    assert (report.rows, report.events, report.rows_rejected) == (2, 2, 0)
    first, second = (event.customer for event in desk.gate.all())
    assert first is not None and second is not None
    assert (first.external_id, first.email, first.traits) == (
        "7",
        "ann@x.example",
        {"tags": "a", "vip": True},
    )
    assert (second.external_id, second.email, second.phone) == ("8", None, "+442079460018")


def test_a_mapping_names_what_lies_within_by_the_way_to_it(desk: Desk) -> None:
    line = json.dumps({"who": {"mails": [{"kind": "home", "at": "ann@x.example"}, {"at": "b@x.example"}]}})
    desk.run("customers", gzip.compress(line.encode("utf-16")), '[fields]\nemail = "who.mails.at"\n')
    (event,) = desk.gate.all()
    assert event.customer is not None and event.customer.email == "ann@x.example"


def test_lines_that_are_no_object_are_rejected_by_their_number(desk: Desk) -> None:
    content = (
        b'{"external_id": "1"}\n\n[1]\n{"external_id": "2"\n"text"\n{"external_id": "\xff"}\n{"external_id": "3"}\n'
        + b"[" * 5_000
    )
    report = desk.run("customers", content + b"\n" + f'{{"external_id": "{"ë" * 20}"}}'.encode())
    assert [line for line, _, _ in desk.rejects()] == [3, 4, 5, 6, 8]
    assert {reason for _, _, reason in desk.rejects()} <= {
        "is not a JSON object", "holds bytes that are not text in the file's encoding",
    }  # fmt: skip
    assert report.events == 3


def test_names_are_those_of_all_lines_and_what_lies_too_deep_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    deep: object = "x"
    for _ in range(DEPTH_MAX + 1):
        deep = {"d": deep}
    path.write_text(
        "\n".join(json.dumps(one) for one in ({"a": 1}, {"b": {"c": [{"d": 2}]}}, {"e": deep, "a": 3}))
    )
    assert names(path) == ["a", "b.c.d"]


def test_a_file_whose_names_never_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({f"n{number}": 1}) for number in range(NAMES_MAX + 1)))
    with pytest.raises(FileUnreadable, match="different names"):
        names(path)


def test_a_csv_whose_header_only_begins_like_an_object_stays_csv(desk: Desk) -> None:
    desk.run("customers", "{x},external_id\n1,2\n")
    (event,) = desk.gate.all()
    assert event.customer is not None and event.customer.external_id == "2"
