"""The queue of requests: by days left, by kind, and a new one written down."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import httpx
import pytest

from regulars.console.requests.book import NewRequest
from tests.console.requesting import HOSTILE, ask, known, open_book, post, profile_of, take, today
from tests.console.stage import Stage, details, sale
from tests.console.test_pages import check


def test_the_queue_is_by_days_left_in_words(stage: Stage, visitor: httpx.Client) -> None:
    profile = UUID(known(stage, visitor))
    now = stage.run(open_book(stage).today())
    for days in (40, 1, 27):
        new = NewRequest(
            kind="access", came_by="email", received_on=now - timedelta(days=days), record_id=profile
        )
        stage.run(open_book(stage).add(new, "test"))
    assert stage.console is not None
    stage.console.desk.forget_counts()
    page = visitor.get("/requests").text
    numbers = re.findall(r'href="/requests/(\d+)"', page)
    assert numbers == ["1", "3", "2"]
    tags = re.findall(r"(\d+ days? (?:left|overdue)|Due today)", page)
    assert "overdue" in tags[0]
    assert "left" in tags[2]
    assert visitor.get("/").text.count('<span class="sr">waiting: </span>2') == 1, (
        "overdue or due within 7 days"
    )
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?view=overdue").text) == ["1"]
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?view=done").text) == []
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?kind=erasure").text) == []
    assert (
        take(visitor, "/requests/1", "refuse", reason="identity_not_proved", note="no answer").status_code
        == 200
    )
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?view=done").text) == ["1"]


def test_pages_of_requests_follow_each_other(stage: Stage, visitor: httpx.Client) -> None:
    profile = UUID(known(stage, visitor))
    day = stage.run(open_book(stage).today())
    for n in range(55):
        received = day - timedelta(days=n % 3)
        new = NewRequest(kind="access", came_by="email", received_on=received, record_id=profile)
        stage.run(open_book(stage).add(new, "test"))
    for path in ("/requests", f"/requests?customer={profile.hex}"):
        seen, at = [], path
        for _ in range(3):
            page = visitor.get(at).text
            seen += re.findall(r'class="cover clip" href="/requests/(\d+)"', page)
            older = re.search(r'href="([^"]+)" rel="next"', page)
            if older is None:
                break
            at = unescape(older[1])
        assert len(seen) == len(set(seen)) == 55, path
    assert visitor.get("/requests?page=AAAA").status_code == 400


def test_a_customer_is_found_for_a_request_and_nobody_is_said_so(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    for query in ("JANE.DOE@example.com", "020 7946 0018", "L0001", "jane doe"):
        assert f'href="/requests/new?customer={profile}"' in post(visitor, "/requests/find", q=query).text, (
            query
        )
    page = post(visitor, "/requests/find", q=HOSTILE).text
    assert "Nobody is found" in page
    assert "<script>alert" not in page
    check(visitor.get(f"/requests/new?customer={profile}"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"came_by": "pigeon"}, "came_by"),
        ({"received_on": "soon"}, "received_on"),
        ({"received_on": "2199-01-01"}, "received_on"),
        ({"received_on": "1999-01-01"}, "received_on"),
        ({"asked_by": "x" * 4_001}, "asked_by"),
    ],
)
def test_a_wrong_request_names_its_field_and_keeps_what_was_typed(
    stage: Stage, visitor: httpx.Client, wrong: dict[str, str], field: str
) -> None:
    fields = {
        "kind": "access", "came_by": "letter", "received_on": today(stage), "customer": known(stage, visitor),
        "wording": "Keep me.",
    }  # fmt: skip
    page = post(visitor, "/requests", **{**fields, **wrong})
    assert page.status_code == 400
    assert f'href="#f-{field}"' in page.text
    assert "Keep me." in page.text


def test_a_request_follows_its_customer_through_a_merge(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(
        sale("R-1", loyalty_card="L1", given_name="Ann", at=datetime.now(UTC) - timedelta(days=3)),
        sale("R-2", email="ann@example.com", given_name="Ann"),
    )
    second = profile_of(visitor, "ann@example.com")
    assert second is not None
    path = ask(stage, visitor, "access", second)
    stage.send(details("m-1", loyalty_card="L1", email="ann@example.com", given_name="Ann"))
    first = profile_of(visitor, "L1")
    assert first != second
    assert f'href="/customers/{first}"' in visitor.get(path).text
    assert '"/requests/1"' in visitor.get(f"/requests?customer={first}").text
