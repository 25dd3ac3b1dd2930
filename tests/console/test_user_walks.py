"""What people of each role meet on the way through their tasks, and what used to lead them astray."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest

from tests.console.stage import Stage, sale
from tests.console.test_pages import profile_path

AT = datetime(2026, 5, 3, 10, 15, tzinfo=UTC)


def told(number: str, version: int, total_minor: int) -> dict[str, object]:
    """One telling of the receipt R-1."""
    event = sale("R-1", at=AT, total_minor=total_minor, loyalty_card="L1", given_name="Jane")
    return {**event, "id": number, "sale": {**event["sale"], "version": version}}


def test_a_sale_that_was_told_again_is_marked_where_it_does_not_count(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.send(told("first", 1, 500), told("second", 2, 700), sale("R-2", at=AT, loyalty_card="L1"))
    page = visitor.get(profile_path(visitor, "L1")).text
    entries = [unescape(re.sub(r"<[^>]+>", " ", one)) for one in page.split('class="entry-head"')[1:]]
    marked = [one for one in entries if "told again later" in one.split("Details")[0]]
    assert len(entries) == 3
    assert len(marked) == 1
    assert "£5.00" in marked[0]


def test_the_front_page_tells_the_privacy_officer_what_is_due_and_nobody_else(stage: Stage) -> None:
    stage.add_account("petra@example.com", "privacy", "Petra")
    stage.add_account("mark@example.com", "marketer", "Mark")
    stage.send(sale("R-1", loyalty_card="L1"))
    with (
        closing(stage.client(email="petra@example.com")) as petra,
        closing(stage.client(email="mark@example.com")) as mark,
    ):
        assert "No request is due within a week" in petra.get("/").text
        assert "due within a week" not in mark.get("/").text


def test_an_empty_house_sends_nobody_to_a_page_that_is_shut_to_them(stage: Stage) -> None:
    stage.add_account("mark@example.com", "marketer", "Mark")
    stage.add_account("erin@example.com", "engineer", "Erin")
    with closing(stage.client(email="mark@example.com")) as mark:
        page = mark.get("/").text
        assert "An engineer or an owner connects the first one." in page
        assert "regulars keys create" not in page
    with closing(stage.client(email="erin@example.com")) as erin:
        assert 'href="/keys/new"' in erin.get("/").text


def test_the_latest_words_of_consent_name_the_customer(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(
        {
            "id": "c-1", "type": "consent.given", "occurred_at": AT.isoformat(),
            "customer": {"loyalty_card": "L1", "email": "jane@example.com", "given_name": "Jane", "family_name": "<b>Doe"},
            "consent": {"channel": "email", "address": "jane@example.com"},
        }
    )  # fmt: skip
    page = visitor.get("/requests/consent").text
    assert "Jane &lt;b&gt;Doe</a>" in page.partition("Latest words")[2]


def test_a_rejected_event_says_what_its_field_should_be_and_under_which_reference_it_waits(
    stage: Stage,
) -> None:
    (answer,) = stage.send({**sale("R-1"), "sale": {**sale("R-1")["sale"], "currency": "pounds"}})
    stage.add_account("erin@example.com", "engineer", "Erin")
    with closing(stage.client(email="erin@example.com")) as erin:
        page = erin.get("/events/rejected").text
        assert "sale.currency is no currency code of three capital letters, such as GBP" in page
        assert "send the event again" in page
        reference = str(answer.quarantine_id).replace("-", "")
        assert f"<code>{reference}</code>" in erin.get(f"/events/q{reference}").text


@pytest.mark.parametrize("role", ["marketer", "associate"])
def test_who_may_not_open_a_page_is_told_once_and_how_to_get_there(stage: Stage, role: str) -> None:
    stage.add_account("who@example.com", role, "Who")  # type: ignore[arg-type]
    with closing(stage.client(email="who@example.com")) as client:
        page = client.get("/requests")
        assert page.status_code == 403
        assert "Your role does not include this page." in page.text
        assert "An owner can give you another role" in page.text
