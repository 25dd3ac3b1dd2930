"""One's own account: every role has it, and nobody has another's."""

from __future__ import annotations

import re
from contextlib import closing
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.origins import ADDRESS_CHARACTERS_MAX, Origin, origin_of
from regulars.console.web.throttle import PAIR_FAILURES_MAX
from tests.console.factors import post
from tests.console.stage import EMAIL, PASSWORD, Stage, sign_in, token_in
from tests.console.test_pages import FRAGMENT, check

NEW = "another long password"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
EDGE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0"
FORMS = ("/account/password", "/account/sessions/others/end", f"/account/sessions/{'0' * 64}/end")


def change(
    client: httpx.Client, old: str = PASSWORD, new: str = NEW, again: str | None = None
) -> httpx.Response:
    return post(
        client, "/account/password", "/account", old=old, password=new, again=new if again is None else again
    )


def sessions_in(page: httpx.Response) -> list[str]:
    """The ids of those that can be ended."""
    return sorted(set(re.findall(r'action="/account/sessions/([0-9a-f]{64})/end"', page.text)))


@pytest.mark.parametrize("role", get_args(Role))
def test_everybody_has_an_account_page_and_a_way_to_it(stage: Stage, role: Role) -> None:
    stage.add_account(f"{role}@roles.example", role, name=f"Robin {role}")
    with closing(stage.client(email=f"{role}@roles.example")) as client:
        assert 'href="/account"' in client.get("/customers").text
        page = client.get("/account")
        check(page)
        check(client.get("/account", headers=FRAGMENT), whole=False)
        assert f"Robin {role}" in page.text
        assert change(client).status_code == 303


def test_a_hostile_name_and_browser_stay_text(stage: Stage) -> None:
    stage.add_account("eve@example.com", name="<script>alert(1)</script>")
    with closing(stage.client(email=None)) as client:
        client.headers["User-Agent"] = "<script>alert(2)</script> Firefox/1 Linux" + "x" * 5000
        assert sign_in(client, "eve@example.com").status_code == 303
        page = client.get("/account")
        check(page)
        assert "alert(2)" not in page.text
        assert "Firefox on Linux" in page.text


def test_each_session_tells_its_device_and_address(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client(email=None)) as other:
        other.headers["User-Agent"] = FIREFOX
        sign_in(other, EMAIL)
        page = visitor.get("/account").text
        assert "Firefox on Windows" in page
        assert "Unknown device" in page
        assert "from 127.0.0.1" in page
        assert page.count("This one") == 1


def test_what_is_noted_of_a_session_is_stored_sealed(stage: Stage) -> None:
    with closing(stage.client(email=None)) as client:
        client.headers["User-Agent"] = FIREFOX
        sign_in(client, EMAIL)
    with stage.database.session(stage.workspace_id) as conn:
        (row,) = conn.execute("select sealed from user_session").fetchall()
    assert len(row[0]) > 12
    for clear in (b"127.0.0.1", b"Firefox", b"Windows"):
        assert clear not in row[0]


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [(FIREFOX, "Firefox", "Windows"), (SAFARI, "Safari", "iPhone"), (EDGE, "Edge", "Linux"), ("curl/8", "", ""), ("", "", "")],
)  # fmt: skip
def test_only_two_words_of_a_browser_are_kept(agent: str, browser: str, system: str) -> None:
    assert origin_of("192.0.2.1", agent) == Origin("192.0.2.1", browser, system)
    assert len(origin_of("9" * 500, agent).address) == ADDRESS_CHARACTERS_MAX


def test_one_session_is_ended_and_the_others_stay(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client()) as second, closing(stage.client()) as third:
        (first_id, second_id) = sessions_in(visitor.get("/account"))
        page = post(visitor, f"/account/sessions/{first_id}/end", "/account")
        assert "The session has ended" in page.text
        assert sessions_in(page) == [second_id]
        assert sorted(client.get("/").status_code for client in (second, third)) == [200, 303]
        assert visitor.get("/").status_code == 200


def test_all_others_are_ended(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client()) as second, closing(stage.client()) as third:
        assert "2 other sessions ended" in post(visitor, FORMS[1], "/account").text
        assert [client.get("/").status_code for client in (visitor, second, third)] == [200, 303, 303]


def test_nobody_ends_the_sessions_of_another(stage: Stage, visitor: httpx.Client) -> None:
    stage.add_account("eve@example.com", "associate")
    with closing(stage.client()), closing(stage.client(email="eve@example.com")) as eve:
        (mine,) = sessions_in(visitor.get("/account"))
        assert sessions_in(eve.get("/account")) == []
        assert post(eve, f"/account/sessions/{mine}/end", "/account").status_code == 404
        for bad in ("0" * 64, "x", "%00"):
            assert post(eve, f"/account/sessions/{bad}/end", "/account").status_code == 404
        post(eve, FORMS[1], "/account")
        assert sessions_in(visitor.get("/account")) == [mine]


def test_the_session_in_use_is_not_ended_by_mistake(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client()) as other:
        (own,) = sessions_in(other.get("/account"))
        assert post(visitor, f"/account/sessions/{own}/end", "/account").status_code == 409
        assert visitor.get("/").status_code == 200


def test_another_password_ends_the_others_and_begins_here_anew(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client()) as other:
        before = visitor.cookies["regulars_session"]
        answer = change(visitor)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")
        assert visitor.cookies["regulars_session"] != before
        assert "Your password was changed" in visitor.get("/account?done=password").text
        assert other.get("/").status_code == 303
    with closing(httpx.Client(base_url=stage.url, cookies={"regulars_session": before})) as stolen:
        assert stolen.get("/").status_code == 303
    with closing(stage.client(email=None)) as client:
        assert sign_in(client, EMAIL, PASSWORD).status_code == 401
        assert sign_in(client, EMAIL, NEW).status_code == 303


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"old": "not the password"}, "old", "This is not your password"),
        ({"old": ""}, "old", "This is not your password"),
        ({"new": "short"}, "password", "At least 10 characters"),
        ({"new": PASSWORD}, "password", "another one than before"),
        ({"again": "something else"}, "again", "two passwords differ"),
        ({"old": "x" * 5000}, "old", "This is not your password"),
    ],
)
def test_a_wrong_change_is_told_at_its_field_and_changes_nothing(
    visitor: httpx.Client, fields: dict[str, str], field: str, said: str
) -> None:
    answer = change(visitor, **fields)
    assert answer.status_code == 400
    told = re.search(rf'id="f-{field}-error">(?:<svg.*?</svg>)?([^<]*)', answer.text)
    assert told is not None
    assert said in told[1]
    assert visitor.get("/").status_code == 200
    assert change(visitor).status_code == 303


def test_guessing_the_old_password_is_slowed(visitor: httpx.Client) -> None:
    for _ in range(PAIR_FAILURES_MAX):
        assert change(visitor, old="a guess that is wrong").status_code == 400
    refused = change(visitor)
    assert refused.status_code == 429
    assert "Too many tries" in refused.text


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_does_nothing(stage: Stage, visitor: httpx.Client, path: str) -> None:
    with closing(stage.client()) as other:
        fields = {"old": PASSWORD, "password": NEW, "again": NEW}
        assert visitor.post(path, data=fields).status_code == 403
        token = token_in(visitor.get("/account").text)
        answer = visitor.post(path, data={**fields, "csrf": token}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert other.get("/").status_code == 200


def test_the_trail_tells_it(stage: Stage, visitor: httpx.Client) -> None:
    with closing(stage.client()):
        (other,) = sessions_in(visitor.get("/account"))
        post(visitor, f"/account/sessions/{other}/end", "/account")
    change(visitor)
    trail = visitor.get("/audit").text
    assert "Other session ended" in trail
    assert "Password changed" in trail
