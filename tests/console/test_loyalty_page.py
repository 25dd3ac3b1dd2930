"""Loyalty in the console: a programme in sentences, drafted, compared with what holds, published with a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.services.programmes import shipped_text
from regulars.store.audit import verify_chain
from tests.console.stage import Stage, token_in
from tests.console.test_matching_page import fill
from tests.console.test_pages import FRAGMENT, check

HOSTILE = "<script>alert(1)</script>"
DOUBLE = shipped_text().replace("EUR = { per_minor = 100 }", "EUR = { per_minor = 100, points = 2 }", 1)


def words(page: httpx.Response) -> str:
    """What is written on a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def begin(client: httpx.Client, content: str | None = None) -> str:
    """The address of a programme that was drafted."""
    answer = fill(client, "/loyalty/new", content=content or shipped_text())
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def published(client: httpx.Client, content: str | None = None) -> str:
    """The address of a programme that holds, and has for long."""
    where = begin(client, content)
    fields = {"reason": "To begin.", "effective_from": "2020-01-01"}
    answer = fill(client, where, f"{where}/publish", **fields)
    assert answer.headers["location"] == f"{where}?done=published"
    return where


def test_a_shop_without_a_programme_is_told_what_one_is_and_where_to_begin(visitor: httpx.Client) -> None:
    page = visitor.get("/loyalty")
    check(page)
    assert "No programme yet" in page.text
    form = visitor.get("/loyalty/new")
    check(form)
    assert "Regulars Club" in form.text


def test_a_programme_is_drafted_published_changed_and_compared(stage: Stage, visitor: httpx.Client) -> None:
    where = begin(visitor)
    page = visitor.get(f"{where}?done=saved")
    check(page)
    said = words(page)
    for sentence in (
        "The draft is kept. Nothing has changed for members yet.",
        "Customers take part when they have joined. Sales up to 14 days before joining count too.",
        "Spending earns 1 point for €1.00",
        "They end 24 months after that, at the end of the month.",
        "Multiplier gold gives 150 percent of the points.",
        "From 100 points on members can spend.",
        "It begins when so much is spent: €1,000.00, £1,000.00,",
    ):
        assert sentence in said
    assert fill(visitor, where, f"{where}/publish", reason="To begin.").status_code == 303
    page = visitor.get(where)
    assert "Version 1 holds" in words(page)
    assert "Publish the draft" not in page.text, "there is nothing new to publish"

    assert fill(visitor, f"{where}/edit", content=DOUBLE).status_code == 303
    page = visitor.get(where)
    check(page)
    table = words(page).partition("The draft against what holds")[2]
    assert "currencies.EUR Changed" in table
    assert "earns 1 point for €1.00" in table.partition("earns 2 points for €1.00")[0]
    begins = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    answer = fill(visitor, where, f"{where}/publish", reason="More for less.", effective_from=begins)
    assert answer.status_code == 303, answer.text
    said = words(visitor.get(where))
    assert "Another version holds from" in said
    assert "Version 1 holds" in said, "the other one is not in force yet"
    assert "Olive Owner: More for less." in said
    check(visitor.get(f"{where}/versions/2"))
    assert "points = 2" in unescape(visitor.get(f"{where}/versions/2").text)
    trail = words(visitor.get("/audit"))
    for told in ("Loyalty programme published", "Draft of a loyalty programme saved", "More for less."):
        assert told in trail
    with stage.database.session(stage.workspace_id) as conn:
        assert verify_chain(conn, stage.workspace_id)[1] is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Object missing required field `name`"),
        ("x", "This is not TOML"),
        (shipped_text().replace('point = "points"', f'point = "{HOSTILE}"', 1), "earn[0].point"),
        (shipped_text().replace("percent = 125", "percent = 12"), "multiplier[0].percent"),
        (shipped_text().replace("Europe/Berlin", "Europe/Nowhere"), "time_zone : There is no time zone"),
        (shipped_text().replace('tiers = ["silver"]', 'tiers = ["silber"]'), "multiplier[0].where.tiers"),
        ("#" * 300_000, "at most 64 KiB"),
    ],
    ids=["empty", "no TOML", "hostile", "too small", "no zone", "unknown tier", "too large"],
)
def test_what_is_no_programme_comes_back_with_the_place_of_the_fault(
    visitor: httpx.Client, content: str, told: str
) -> None:
    answer = fill(visitor, "/loyalty/new", content=content)
    assert answer.status_code == 400
    assert told in words(answer)
    assert HOSTILE not in answer.text
    assert content.strip()[:20] in unescape(answer.text), "nothing typed is lost"
    assert "No programme yet" in visitor.get("/loyalty").text


def test_hostile_names_and_reasons_are_text(visitor: httpx.Client) -> None:
    where = begin(
        visitor, shipped_text().replace("Regulars Club", HOSTILE).replace("A quarter more", HOSTILE)
    )
    fill(visitor, where, f"{where}/publish", reason=HOSTILE)
    for path in ("/loyalty", where, f"{where}/edit", f"{where}/versions/1", "/audit"):
        page = visitor.get(path)
        check(page)
        assert HOSTILE not in page.text
        assert HOSTILE in unescape(page.text)


def test_what_cannot_be_published_is_told_at_the_field(visitor: httpx.Client) -> None:
    where = published(visitor)
    fill(visitor, f"{where}/edit", content=DOUBLE)
    for fields, told in (
        ({"reason": " "}, "Say why"),
        ({"reason": "x" * 501}, "Say why"),
        ({"reason": "Late.", "effective_from": "2020-01-01"}, "can begin now or later"),
        ({"reason": "Odd.", "effective_from": "<b>"}, "This is no day"),
    ):
        answer = fill(visitor, where, f"{where}/publish", **fields)
        assert answer.status_code == 400
        assert told in words(answer)
    assert "Version 1 holds" in words(visitor.get(where))


def test_a_first_version_may_begin_in_the_past(visitor: httpx.Client) -> None:
    where = begin(visitor)
    fill(visitor, where, f"{where}/publish", reason="Since then.", effective_from="2020-01-01")
    assert "Version 1, since 31 Dec 2019, 23:00" in words(visitor.get(where)), "midnight of its own time zone"


def test_who_saves_over_somebody_elses_draft_is_told_and_loses_nothing(visitor: httpx.Client) -> None:
    where = begin(visitor)
    form = visitor.get(f"{where}/edit").text
    seen = form.split('name="seen" value="')[1].partition('"')[0]
    fill(visitor, f"{where}/edit", content=DOUBLE)
    mine = shipped_text().replace("Regulars Club", "Mine")
    late = {"csrf": token_in(form), "seen": seen, "content": mine}
    answer = visitor.post(f"{where}/edit", data=late)
    assert answer.status_code == 409
    assert "Somebody else saved" in words(answer)
    assert 'name = "Mine"' in unescape(answer.text)
    seen = answer.text.split('name="seen" value="')[1].partition('"')[0]
    assert visitor.post(f"{where}/edit", data=late | {"seen": seen}).status_code == 303
    assert "Mine" in words(visitor.get(where))


def test_several_programmes_are_listed(visitor: httpx.Client) -> None:
    published(visitor)
    begin(visitor, shipped_text().replace("Regulars Club", "Second club"))
    page = visitor.get("/loyalty")
    check(page)
    said = words(page)
    assert "1, Regulars Club Version 1 holds" in said
    assert "2, Second club Draft" in said


@pytest.mark.parametrize("role", get_args(Role))
def test_marketers_and_owners_write_and_others_read(stage: Stage, visitor: httpx.Client, role: Role) -> None:
    where = published(visitor)
    fill(visitor, f"{where}/edit", content=DOUBLE)
    stage.add_account("one@example.com", role, "One")
    client = stage.client(email="one@example.com")
    page = client.get(where)
    reads, writes = role != "associate", role in ("owner", "marketer")
    assert page.status_code == (200 if reads else 403)
    assert ("Publish the draft" in page.text) is writes
    assert ('href="/loyalty"' in client.get("/account").text) is reads
    token = token_in(client.get("/account").text)
    for path, fields in (
        ("/loyalty/new", {"content": shipped_text()}),
        (f"{where}/edit", {"content": shipped_text()}),
        (f"{where}/publish", {"reason": "Mine."}),
    ):
        assert client.post(path, data={"csrf": token, **fields}).status_code == (303 if writes else 403)


def test_a_form_without_its_token_changes_nothing(visitor: httpx.Client) -> None:
    where = published(visitor)
    for path in ("/loyalty/new", f"{where}/edit", f"{where}/publish"):
        assert visitor.post(path, data={"content": DOUBLE, "reason": "x"}).status_code == 403
    assert "Publish the draft" not in visitor.get(where).text


def test_a_programme_is_told_in_the_readers_language(visitor: httpx.Client) -> None:
    where = published(visitor)
    page = visitor.get(where, headers={"Accept-Language": "es"})
    said = words(page)
    assert "Los clientes participan cuando se han apuntado." in said
    assert "Gastar da 1 punto por 1,00 €" in said


def test_a_fragment_is_the_page_without_its_frame(visitor: httpx.Client) -> None:
    fragment = visitor.get(published(visitor), headers=FRAGMENT).text
    assert "<nav" not in fragment.partition("page-head")[0]
    assert "page-head" in fragment
