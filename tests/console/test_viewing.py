"""View as role: an owner sees what a role sees, nothing can be changed meanwhile, one click leads back, all on record."""

from __future__ import annotations

import re
from contextlib import closing
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.store.audit import verify_chain
from tests.console.access import OWNER, TABLE
from tests.console.crawl import Markup
from tests.console.forms import FORMS
from tests.console.stage import EMAIL, Stage, sale, sign_in, token_in
from tests.console.test_pages import check

ROLES = tuple(role for role in get_args(Role) if role != "owner")
ALLOWED = {
    "/view-as/end",
    "/sign-out",
    "/theme",
    "/language",
    "/store/find",
    "/promotions/try",
    "/store/till",
    "/store/till/slip",
    "/requests/find",
    "/requests/consent",
}
"""Forms that change nothing, and the ways out."""


def look(client: httpx.Client, role: str) -> httpx.Response:
    """Press View as role on the page of people."""
    form = {"csrf": token_in(client.get("/people").text), "role": role}
    return client.post("/people/view-as", data=form)


def back(client: httpx.Client) -> httpx.Response:
    """Press Back to yourself, which is on every page."""
    page = client.get("/account").text
    found = re.search(r'action="(/view-as/end)" method="post"', page)
    assert found is not None
    return client.post(found[1], data={"csrf": token_in(page)})


def lines(stage: Stage) -> list[tuple[str, str, dict[str, str]]]:
    """What the audit log holds of looking as a role."""
    with stage.database.session(stage.workspace_id) as conn:
        assert verify_chain(conn, stage.workspace_id)[1] is None
        found = conn.execute(
            "select action, actor, details from audit where action like 'viewing.%' order by audit_no"
        )
        return [(action, actor.partition(":")[0], details) for action, actor, details in found.fetchall()]


def headings(client: httpx.Client) -> dict[str, int]:
    """The status of every plain page."""
    paths = sorted(
        path for method, path in TABLE if method == "GET" and "{" not in path and not path.startswith("/sign")
    )
    skipped = ("/live", "/_kit", "/store/")
    return {
        path: client.get(path).status_code
        for path in paths
        if not path.startswith(skipped) and not path.endswith(".csv")
    }


@pytest.mark.parametrize("role", ROLES)
def test_an_owner_sees_what_the_role_sees(stage: Stage, visitor: httpx.Client, role: Role) -> None:
    stage.send(
        sale("R-1", loyalty_card="L-1", email="jane@example.com", given_name="Jane", total_minor=12345)
    )
    stage.add_account(f"{role}@roles.example", role, "Rose Role")
    answer = look(visitor, role)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    with closing(stage.client(email=f"{role}@roles.example")) as real:
        assert headings(visitor) == headings(real)
        for path in ("/customers", "/customers?q=L-1", "/account"):
            mine, theirs = visitor.get(path).text, real.get(path).text
            for part in (
                "jane@example.com",
                "£123.45",
                'href="/people"',
                'href="/events"',
                'href="/reports/sales"',
            ):
                assert (part in mine) is (part in theirs), (path, part)
            assert "Nothing can be changed" in mine
            assert "Nothing can be changed" not in theirs
    check(visitor.get("/customers"))


def test_every_act_is_refused_meanwhile_and_works_again_afterwards(
    stage: Stage, visitor: httpx.Client
) -> None:
    csrf = token_in(visitor.get("/people").text)
    for role in ROLES:
        look(visitor, role)
        before = lines(stage)
        for method, path in TABLE:
            stranger = "stranger" in TABLE[method, path]
            if method != "POST" or path in ALLOWED or stranger:
                continue
            fields = dict.fromkeys(FORMS.get(path, {}), "x") | {"csrf": csrf}
            answer = visitor.post(re.sub(r"\{\w+\}", "1", path), data=fields)
            assert answer.status_code == 403, (role, path)
            assert "looking as another role" in answer.text, (role, path)
        for path in ("/customers.csv", "/audit.csv", "/reports/sales.csv"):
            assert visitor.get(path).status_code == 403
        assert lines(stage) == before
        back(visitor)
    assert visitor.get("/customers.csv").status_code == 200


def test_one_click_leads_back_and_both_are_on_record(stage: Stage, visitor: httpx.Client) -> None:
    look(visitor, "marketer")
    assert visitor.get("/people").status_code == 403
    answer = back(visitor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    assert visitor.get("/people").status_code == 200
    assert "Nothing can be changed" not in visitor.get("/people").text
    assert lines(stage) == [("viewing.started", "user", {"role": "marketer"}), ("viewing.ended", "user", {})]
    csrf = token_in(visitor.get("/people").text)
    assert visitor.post("/view-as/end", data={"csrf": csrf}).headers["location"] == "/"
    assert len(lines(stage)) == 2, "a repeat changes nothing"
    assert "Console looked at as another role" in visitor.get("/audit").text


def test_the_screen_of_the_store_can_be_tried_and_tells_the_role(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-1", loyalty_card="L-1", email="jane@example.com", given_name="Jane"))
    assert look(visitor, "associate").headers["location"] == "/"
    assert visitor.get("/").headers["location"] == "/store"
    page = visitor.get("/store").text
    assert "Back to yourself" in page
    assert "Associate" in page
    found = visitor.post("/store/find", data={"csrf": token_in(page), "q": "L-1"}, follow_redirects=True)
    assert found.status_code == 200
    assert "Jane" in found.text
    assert "jane@example.com" not in found.text
    entered = visitor.post(
        "/store/enrol", data={"csrf": token_in(page), "given_name": "New", "key": "k" * 20}
    )
    assert entered.status_code == 403


@pytest.mark.parametrize("role", ["owner", "king", "", "marketer'--", "<b>"])
def test_no_other_word_is_a_role_to_look_as(stage: Stage, visitor: httpx.Client, role: str) -> None:
    answer = look(visitor, role)
    assert answer.status_code == 400
    assert visitor.get("/people").status_code == 200
    assert lines(stage) == []


def test_only_owners_look_and_only_in_the_session_that_asked(stage: Stage, visitor: httpx.Client) -> None:
    for role in ROLES:
        stage.add_account(f"{role}@roles.example", role, "Rose Role")
        with closing(stage.client(email=f"{role}@roles.example")) as other:
            csrf = token_in(other.get("/account").text)
            assert other.post("/people/view-as", data={"csrf": csrf, "role": "privacy"}).status_code == 403
            assert 'action="/people/view-as"' not in other.get("/account").text
    assert TABLE["POST", "/people/view-as"] == OWNER
    assert visitor.post("/people/view-as", data={"csrf": "no", "role": "manager"}).status_code == 403
    with closing(stage.client()) as second:
        look(second, "manager")
        assert visitor.get("/people").status_code == 200
        assert second.post("/view-as/end", data={"csrf": "no"}).status_code == 403
        assert second.get("/people").status_code == 403
        second.post("/sign-out", data={"csrf": token_in(second.get("/account").text)})
        sign_in(second, EMAIL)
        assert second.get("/people").status_code == 200, "a new session begins as oneself"


def test_who_is_no_owner_any_more_is_what_they_are(stage: Stage, visitor: httpx.Client) -> None:
    second = stage.add_account("second@example.com", "owner", "Sue Second")
    with closing(stage.client(email="second@example.com")) as other:
        look(other, "privacy")
        csrf = token_in(visitor.get("/people").text)
        visitor.post(f"/people/{second.hex}/role", data={"csrf": csrf, "role": "marketer"})
        assert other.get("/requests").status_code == 403
        page = other.get("/customers")
        assert page.status_code == 200
        assert not [tag for tag, attrs in Markup(page.text).elements if attrs.get("action") == "/view-as/end"]
