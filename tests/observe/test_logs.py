"""A log line tells the operator what happened and nothing about a customer."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from regulars.console import api
from regulars.observe import LOG_FIELDS, configure_logging, get_logger
from regulars.observe.logs import WITHHELD, mask


class Log:
    """What was logged, as text and as decoded lines."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    captured = Log()
    configure_logging("info", stream=captured.stream)
    yield captured
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_time_level_and_place(log: Log) -> None:
    get_logger("regulars.engine").info("turn committed", count=12, milliseconds=4.5)
    line = log.last()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "regulars.engine",
        "event": "turn committed",
        "count": 12,
        "milliseconds": 4.5,
    }


def test_the_document_of_the_api_leaves_the_lines_as_they_are(log: Log) -> None:
    api.document(version="1")
    get_logger("regulars.intake").warning("odd customer", given_name="Jane", count=1)
    assert log.last()["given_name"] == WITHHELD


def test_a_field_nobody_declared_is_withheld(log: Log) -> None:
    get_logger("regulars.intake").warning("odd customer", given_name="Jane", count=1)
    assert log.last()["given_name"] == WITHHELD
    assert "Jane" not in log.text


@pytest.mark.parametrize(
    "text",
    [
        "jane.doe@example.com",
        "jane%40example.com",
        "+44 20 7946 0018",
        "(020) 7946-0018",
        "4111 1111 1111 1111",
    ],
)
def test_contacts_and_card_numbers_are_masked_in_every_text(log: Log, text: str) -> None:
    get_logger("regulars.intake").info(f"seen {text}", reason=f"because of {text}", status=200)
    assert text not in log.text
    assert log.last()["status"] == 200


def test_ids_and_small_numbers_stay_readable() -> None:
    kept = (
        "profile 550e8400-e29b-41d4-a716-446655440000 12345678-1234-1234-1234-123456789012 in 120 ms of 18.4"
    )
    assert mask(kept) == kept


@given(st.from_regex(r"\+?[1-9][0-9]{8,13}", fullmatch=True), st.sampled_from(["", " ", "-", ". "]))
def test_no_grouping_of_digits_hides_a_phone_number(number: str, gap: str) -> None:
    assert mask(f"call {gap.join(number)} now") == "call [number] now"


def test_an_exception_shows_its_class_code_and_place_but_not_its_message(log: Log) -> None:
    class Refused(Exception):
        code = "refused"

    def fail() -> None:
        raise Refused("Key (email)=(jane@example.com) of Jane Doe exists")

    try:
        fail()
    except Refused:
        get_logger("regulars.store").exception("save failed")
    line = log.last()
    assert (line["level"], line["code"]) == ("error", "refused")
    assert line["error"].endswith("Refused")
    assert line["frames"][-1].endswith(" fail")
    assert "Jane" not in log.text and "jane" not in log.text


def test_a_line_of_another_library_shows_its_template_only(log: Log) -> None:
    logging.getLogger("psycopg.pool").warning("error connecting for %s", "Jane Doe")
    assert log.last()["event"] == "error connecting for %s"
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: ValueError('Jane Doe')")
    assert log.last()["event"] == "Task exception was never retrieved"
    assert "Jane" not in log.text


def test_access_lines_with_query_strings_are_not_written(log: Log) -> None:
    logging.getLogger("uvicorn.access").info("%s - %s", "1.2.3.4", "GET /v1/profiles?email=jane@example.com")
    assert log.text == ""


def test_where_the_server_listens_is_readable(log: Log) -> None:
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s://%s:%d", "http", "127.0.0.1", 8400)
    assert log.last()["event"] == "Uvicorn running on http://127.0.0.1:8400"


def test_lines_below_the_level_are_not_written(log: Log) -> None:
    get_logger("regulars.engine").debug("noise")
    assert log.text == ""


def test_every_field_says_what_it_holds() -> None:
    assert all(text.strip() for text in LOG_FIELDS.values())
