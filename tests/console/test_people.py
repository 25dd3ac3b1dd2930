"""People and roles: who gets in, as what, and that nobody locks the house."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from html import unescape
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.invitations import LINK_LIFE, link_token, read_token
from regulars.console.web.nav import MAY_OPEN, entries
from regulars.store.audit import verify_chain
from tests.console.stage import EMAIL, PASSWORD, Stage, sign_in, token_in
from tests.console.test_pages import FRAGMENT, check

NEW = "anna@example.com"


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """A form of the page, with its token."""
    return client.post(path, data={"csrf": token_in(client.get("/people").text), **fields})


def invite(client: httpx.Client, email: str = NEW, role: str = "manager", name: str = "Anna") -> str:
    """Invite somebody; the path and query of their link."""
    page = post(client, "/people/invite", email=email, name=name, role=role)
    assert page.status_code == 200, page.text
    return link_in(page)


def link_in(page: httpx.Response) -> str:
    found = re.search(r"(/invitation\?token=[^\"<\s]+)", unescape(page.text))
    assert found is not None
    return found[1]


def accept(stage: Stage, link: str, password: str = PASSWORD, again: str | None = None) -> httpx.Response:
    """Follow a link in a browser of its own and set a password."""
    with closing(stage.client(email=None)) as client:
        form = client.get(link)
        token = re.search(r'name="token" value="([^"]*)"', form.text)
        if token is None:
            return form
        fields = {"csrf": token_in(form.text), "token": unescape(token[1]), "password": password}
        return client.post("/invitation", data={**fields, "again": password if again is None else again})


def id_of(client: httpx.Client, email: str) -> str:
    rows = client.get("/people").text.split("<tr>")[1:]
    row = next(row for row in rows if email in row)
    found = re.search(r"/people/([0-9a-f]{32})/", row)
    assert found is not None
    return found[1]


@pytest.fixture
def anna(stage: Stage, visitor: httpx.Client) -> Iterator[httpx.Client]:
    """A manager who accepted an invitation, signed in."""
    assert accept(stage, invite(visitor)).status_code == 303
    client = stage.client(email=NEW)
    yield client
    client.close()


def test_somebody_is_invited_sets_a_password_and_is_in(stage: Stage, visitor: httpx.Client) -> None:
    link = invite(visitor)
    page = visitor.get("/people").text
    assert "Invited" in page
    assert link not in page, "a link is shown once"
    answer = accept(stage, link)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    with closing(stage.client(email=NEW)) as anna:
        assert anna.get("/customers").status_code == 200
        assert anna.get("/people").status_code == 403
    assert accept(stage, link).text.count("does not work any more") == 1


def test_the_invited_cannot_sign_in_before_they_have_a_password(stage: Stage, visitor: httpx.Client) -> None:
    invite(visitor)
    with closing(stage.client(email=None)) as client:
        for password in ("", "!", PASSWORD):
            assert sign_in(client, NEW, password).status_code == 401


@pytest.mark.parametrize(
    ("password", "again", "told"),
    [("short", None, "at least 10 characters"), (PASSWORD, PASSWORD + "x", "two passwords differ")],
)
def test_a_password_that_will_not_do_leaves_the_link_as_it_was(
    stage: Stage, visitor: httpx.Client, password: str, again: str | None, told: str
) -> None:
    link = invite(visitor)
    answer = accept(stage, link, password, again)
    assert answer.status_code == 400
    assert told in answer.text
    assert accept(stage, link).status_code == 303


def test_a_link_ends(stage: Stage, visitor: httpx.Client) -> None:
    link = invite(visitor)
    token = read_token(unescape(link).partition("token=")[2].replace("%3D", "="))
    assert token is not None
    stored = stage.database.connect_owner()
    stored.execute(f"set regulars.workspace_id = {stage.workspace_id}".encode())
    row = stored.execute(
        "select password_hash from app_user where user_id = %(id)s", {"id": token.user_id}
    ).fetchone()
    stored.close()
    assert row is not None
    assert stage.console is not None
    now = stage.console.desk.deps.clock()
    late = link_token(stage.vault, token.user_id, row[0], now - LINK_LIFE - timedelta(seconds=2))
    good = link_token(stage.vault, token.user_id, row[0], now)
    assert stage.run(stage.console.desk.team.invited(good))
    assert not stage.run(stage.console.desk.team.invited(late))
    for bad in ("", "x", "ä", good[:-4] + "AAA=", good[4:], "A" * 500):
        assert not stage.run(stage.console.desk.team.invited(bad))
        assert stage.run(stage.console.desk.team.accept(bad, PASSWORD)) is None


def test_a_reset_password_ends_the_sessions(stage: Stage, visitor: httpx.Client, anna: httpx.Client) -> None:
    link = link_in(post(visitor, f"/people/{id_of(visitor, NEW)}/link", name=NEW))
    assert anna.get("/customers").status_code == 200
    assert accept(stage, link, "another long password").status_code == 303
    assert anna.get("/customers").status_code == 303
    with closing(stage.client(email=None)) as client:
        assert sign_in(client, NEW).status_code == 401
        assert sign_in(client, NEW, "another long password").status_code == 303


def test_a_role_holds_from_the_next_click(visitor: httpx.Client, anna: httpx.Client) -> None:
    assert anna.get("/events").status_code == 403
    assert post(visitor, f"/people/{id_of(visitor, NEW)}/role", role="engineer").status_code == 200
    assert anna.get("/events").status_code == 200
    assert post(visitor, f"/people/{id_of(visitor, NEW)}/role", role="king").status_code == 400


def test_a_shut_account_is_out_and_comes_back(
    stage: Stage, visitor: httpx.Client, anna: httpx.Client
) -> None:
    path = f"/people/{id_of(visitor, NEW)}"
    assert post(visitor, f"{path}/disable").status_code == 200
    assert anna.get("/customers").status_code == 303
    with closing(stage.client(email=None)) as client:
        assert sign_in(client, NEW).status_code == 401
        assert post(visitor, f"{path}/link", name=NEW).status_code == 409
        assert post(visitor, f"{path}/enable").status_code == 200
        assert sign_in(client, NEW).status_code == 303


def test_signing_out_everywhere_leaves_the_session_that_asks(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client()) as elsewhere:
        assert elsewhere.get("/").status_code == 200
        assert "Sessions ended: 1" in post(visitor, f"/people/{id_of(visitor, EMAIL)}/sign-out").text
        assert elsewhere.get("/").status_code == 303
    assert visitor.get("/").status_code == 200


def test_there_is_always_an_owner_and_nobody_changes_themselves(stage: Stage, visitor: httpx.Client) -> None:
    me = id_of(visitor, EMAIL)
    for path, fields in (("role", {"role": "marketer"}), ("disable", {})):
        assert post(visitor, f"/people/{me}/{path}", **fields).status_code == 403
    # An invited owner cannot sign in yet, so the first one is still the last.
    second = "second@example.com"
    link = invite(visitor, second, "owner")
    assert accept(stage, link).status_code == 303
    with closing(stage.client(email=second)) as other:
        assert post(other, f"/people/{me}/disable").status_code == 200
        third = "third@example.com"
        invite(other, third, "owner")
        assert post(other, f"/people/{id_of(other, third)}/role", role="marketer").status_code == 200
    assert visitor.get("/people").status_code == 303


def test_the_last_owner_stays(stage: Stage, visitor: httpx.Client) -> None:
    """Two owners; one is shut by the other, who can then not be made less by a stale page."""
    second = "second@example.com"
    assert accept(stage, invite(visitor, second, "owner")).status_code == 303
    me = id_of(visitor, EMAIL)
    with closing(stage.client(email=second)) as other:
        stale = token_in(other.get("/people").text)
        assert post(visitor, f"/people/{id_of(visitor, second)}/role", role="engineer").status_code == 200
        answer = other.post(f"/people/{me}/disable", data={"csrf": stale})
        assert answer.status_code == 403
    assert visitor.get("/people").status_code == 200


@pytest.mark.parametrize("role", get_args(Role))
def test_each_role_opens_what_the_matrix_says_and_no_more(
    stage: Stage, visitor: httpx.Client, role: Role
) -> None:
    """Pages, their entries in the navigation, and every form of this page."""
    stage.add_account(f"{role}@roles.example", role, role)
    pages = {
        "home": "/", "customers": "/customers", "duplicates": "/customers/duplicates", "matching": "/matching", "events": "/events", "audit": "/audit", "keys": "/keys",
        "people": "/people", "store": "/store", "requests": "/requests", "reports": "/reports/sales", "webhooks": "/webhooks", "settings": "/settings", "appearance": "/settings/appearance", "staff": "/settings/staff", "customer-file": "/customers.csv",
        "loyalty": "/loyalty", "loyalty-edit": "/loyalty/new", "approvals": "/approvals", "promotions": "/promotions", "promotions-edit": "/promotions/new",
    }  # fmt: skip
    in_nav = {item.key for item in entries()}
    # What is done to one approval or one member has addresses of its own, in the table of all routes.
    assert pages.keys() == MAY_OPEN.keys() - {"approve", "adjustments"}
    somebody = id_of(visitor, EMAIL) if role != "owner" else id_of(visitor, f"{role}@roles.example")
    with closing(stage.client(email=f"{role}@roles.example")) as client:
        shell = client.get("/customers").text
        for key, path in pages.items():
            allowed = role in MAY_OPEN[key]
            # Who has their home in the store is led there.
            refused = 303 if path == "/" else 403
            assert client.get(path).status_code == (200 if allowed else refused), path
            if key in in_nav:
                assert (f'class="nav-link" href="{path}"' in shell) is allowed, path
        forms = ["/people/invite", *(f"/people/{somebody}/{verb}" for verb in
                 ("link", "role", "disable", "enable", "sign-out", "reset-second-factor"))]  # fmt: skip
        for path in forms:
            assert client.post(path, data={"csrf": token_in(shell)}).status_code == 403 or role == "owner", (
                path
            )


def test_a_form_without_its_token_does_nothing(
    stage: Stage, visitor: httpx.Client, anna: httpx.Client
) -> None:
    member = id_of(visitor, NEW)
    for path in ("/people/invite", *(f"/people/{member}/{verb}" for verb in ("link", "role", "disable"))):
        answer = visitor.post(path, data={"email": "x@example.com", "role": "owner"})
        assert answer.status_code == 403, path
    assert anna.get("/customers").status_code == 200
    assert "x@example.com" not in visitor.get("/people").text
    with closing(stage.client(email=None)) as client:
        assert client.post("/invitation", data={"token": "x", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"email": "no address", "role": "owner"}, 400),
        ({"email": EMAIL.upper(), "role": "owner"}, 409),
        ({"email": NEW, "role": "king"}, 400),
        ({"email": NEW, "role": "owner", "name": "x" * 201}, 400),
    ],
)
def test_a_wrong_invitation_says_why_and_keeps_what_was_typed(
    visitor: httpx.Client, fields: dict[str, str], status: int
) -> None:
    page = post(visitor, "/people/invite", **fields)
    assert page.status_code == status
    assert f'value="{fields["email"]}"' in page.text
    assert "/invitation?token=" not in page.text


def test_unknown_people_are_not_found(visitor: httpx.Client) -> None:
    for member in ("0" * 32, "x", "%00"):
        assert post(visitor, f"/people/{member}/disable").status_code in (400, 404)


def test_the_page_holds_hostile_names_and_is_like_the_others(stage: Stage, visitor: httpx.Client) -> None:
    invite(visitor, "eve@example.com", name='<script>alert("1")</script>')
    check(visitor.get("/people"))
    check(visitor.get("/people", headers=FRAGMENT), whole=False)
    with closing(stage.client(email=None)) as client:
        page = client.get("/invitation?token=x")
        assert "does not work any more" in page.text
        assert page.headers["cache-control"] == "no-store"


def test_the_audit_trail_tells_all_of_it(stage: Stage, visitor: httpx.Client, anna: httpx.Client) -> None:
    path = f"/people/{id_of(visitor, NEW)}"
    post(visitor, f"{path}/role", role="privacy")
    post(visitor, f"{path}/sign-out")
    post(visitor, f"{path}/disable")
    assert anna.get("/").status_code == 303
    with stage.database.session(stage.workspace_id) as connection:
        found = connection.execute(
            "select action, details from audit where object = %(object)s order by audit_no",
            {"object": f"user:{path.rpartition('/')[2]}"},
        ).fetchall()
        assert verify_chain(connection, stage.workspace_id)[1] is None
    actions = [action for action, _ in found if not action.startswith("session.")]
    assert actions == [
        "account.invited", "password.set_by_link", "account.role_changed", "sessions.ended", "account.disabled",
    ]  # fmt: skip
    assert dict(found)["account.role_changed"] == {"from": "manager", "to": "privacy"}
