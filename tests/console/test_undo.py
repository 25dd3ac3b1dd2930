"""Undo: an act that has an opposite offers it at once, as a form that works without scripts."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape

import httpx
import pytest

from regulars.store.audit import verify_chain
from tests.console.stage import EMAIL, Stage, token_in
from tests.console.told import add_endpoint

ANNA = "anna@example.com"
FRAGMENT = {"HX-Request": "true"}


def press(client: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Send a form of a page; the page that comes of it."""
    form = {"csrf": token_in(client.get(page).text), **fields}
    return client.post(action, data=form, follow_redirects=True)


def offered(page: str) -> tuple[str, dict[str, str]] | None:
    """Where the undo of a toast leads, and the fields of its form."""
    found = re.search(r'data-toast>.*?<form method="post" action="([^"]+)"(.*?)</form>', page, re.DOTALL)
    if found is None:
        return None
    pairs = re.findall(r'name="([^"]+)" value="([^"]*)"', found[2])
    return unescape(found[1]), {unescape(name): unescape(value) for name, value in pairs}


def undo(client: httpx.Client, page: httpx.Response) -> httpx.Response:
    """Press Undo as a browser without scripts does."""
    assert page.status_code == 200, page.text
    form = offered(page.text)
    assert form is not None, "no undo is offered"
    return client.post(form[0], data=form[1], follow_redirects=True)


def account(stage: Stage, email: str = ANNA) -> tuple[str, list[str] | None, bool]:
    """Role, stores and whether an account is shut."""
    assert stage.console is not None
    members = stage.run(stage.console.desk.team.members())
    found = next(one for one in members if one.email == email)
    return found.role, found.stores, found.disabled_at is not None


def actions(stage: Stage) -> list[str]:
    """What the audit log holds, the oldest first."""
    with stage.database.session(stage.workspace_id) as conn:
        assert verify_chain(conn, stage.workspace_id)[1] is None
        return [row[0] for row in conn.execute("select action from audit order by audit_no").fetchall()]


@pytest.fixture
def anna(stage: Stage) -> str:
    """A manager of two stores; where her account is changed."""
    assert stage.console is not None
    user_id = stage.add_account(ANNA, "manager", "Anna")
    with stage.database.session(stage.workspace_id) as conn:
        for code in ("a", "b<i>"):
            conn.execute("insert into store (workspace_id, code) values (%s, %s)", (stage.workspace_id, code))
    return f"/people/{user_id.hex}"


def test_a_shut_account_is_opened_by_undo_and_both_are_on_record(
    stage: Stage, visitor: httpx.Client, anna: str
) -> None:
    before = len(actions(stage))
    page = press(visitor, "/people", f"{anna}/disable")
    assert account(stage)[2]
    undone = undo(visitor, page)
    assert "The account is open again." in undone.text
    assert not account(stage)[2]
    assert actions(stage)[before:] == ["account.disabled", "account.enabled"]


def test_a_role_goes_back_to_what_it_was(stage: Stage, visitor: httpx.Client, anna: str) -> None:
    page = press(visitor, "/people", f"{anna}/role", role="engineer")
    assert account(stage)[0] == "engineer"
    undo(visitor, page)
    assert account(stage)[0] == "manager"
    assert offered(press(visitor, "/people", f"{anna}/role", role="manager").text) is None, "nothing changed"


def test_stores_go_back_to_what_they_were(stage: Stage, visitor: httpx.Client, anna: str) -> None:
    undo(visitor, press(visitor, "/people", f"{anna}/stores", **{"store:a": "1", "store:b<i>": "1"}))
    assert account(stage)[1] is None
    press(visitor, "/people", f"{anna}/stores", **{"store:a": "1", "store:b<i>": "1"})
    undo(visitor, press(visitor, "/people", f"{anna}/stores", all="1"))
    assert account(stage)[1] == ["a", "b<i>"]


def test_a_role_whose_limit_to_stores_would_not_come_back_offers_no_undo(
    stage: Stage, visitor: httpx.Client, anna: str
) -> None:
    press(visitor, "/people", f"{anna}/stores", **{"store:a": "1"})
    undo(visitor, press(visitor, "/people", f"{anna}/role", role="associate"))
    assert account(stage)[:2] == ("manager", ["a"])
    assert offered(press(visitor, "/people", f"{anna}/role", role="owner").text) is None


def test_a_source_and_a_webhook_are_switched_back(stage: Stage, visitor: httpx.Client) -> None:
    stage.source("tills")
    undo(visitor, press(visitor, "/keys/sources", "/keys/sources/tills/off"))
    assert stage.run(stage.register.find(stage.workspace_id, "tills")).disabled_at is None
    endpoint_id = add_endpoint(stage)[0].endpoint_id
    base = f"/webhooks/{endpoint_id}"
    off = press(visitor, base, f"{base}/off")
    assert "The webhook is off." in off.text
    undone = undo(visitor, off)
    assert "The webhook is on." in undone.text
    assert stage.run(stage.webhooks.get(stage.workspace_id, endpoint_id)).disabled_at is None
    switches = [action for action in actions(stage) if action.endswith("abled")]
    assert switches == ["source.disabled", "source.enabled", "webhook.disabled", "webhook.enabled"]


def test_a_page_that_is_reloaded_later_tells_how_the_switch_stands_now(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.source("tills")
    off = press(visitor, "/keys/sources", "/keys/sources/tills/off")
    undo(visitor, off)
    again = visitor.get(str(off.url)).text
    assert "“tills” is on." in again
    form = offered(again)
    assert form is not None and form[0].endswith("/off")


def test_an_undo_needs_the_right_and_the_token_as_the_act_does(
    stage: Stage, visitor: httpx.Client, anna: str
) -> None:
    form = offered(press(visitor, "/people", f"{anna}/disable").text)
    assert form is not None
    stage.add_account("m@example.com", "manager", "Mona")
    with closing(stage.client(email="m@example.com")) as other:
        csrf = token_in(other.get("/account").text)
        assert other.post(form[0], data={**form[1], "csrf": csrf}).status_code == 403
    assert visitor.post(form[0], data={**form[1], "csrf": "no"}).status_code == 403
    assert account(stage)[2]
    assert not account(stage, EMAIL)[2]


def test_htmx_is_given_the_toast_beside_the_page(stage: Stage, visitor: httpx.Client, anna: str) -> None:
    form = {"csrf": token_in(visitor.get("/people").text)}
    part = visitor.post(f"{anna}/disable", data=form, headers=FRAGMENT).text
    assert '<hx-partial hx-target="#toasts"' in part
    assert part.count("data-toast") == 1
    assert f'hx-post="{anna}/enable"' in part
    assert "hx-partial" not in visitor.get("/people", headers=FRAGMENT).text
