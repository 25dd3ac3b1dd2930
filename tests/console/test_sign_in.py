"""Signing in and out: who gets in, what the cookie is, and what an attacker learns."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from regulars.console.web.throttle import PAIR_FAILURES_MAX
from regulars.store.audit import verify_chain
from tests.console.stage import EMAIL, PASSWORD, Stage, sign_in, token_in

PAGES = (
    "/",
    "/customers",
    "/customers/" + "0" * 32,
    "/events",
    "/events/1",
    "/events/rejected",
    "/live",
    "/audit",
    "/keys",
    "/keys/sources",
    "/people",
    "/account",
    "/account/second-factor",
)


@pytest.fixture
def stranger(stage: Stage) -> Iterator[httpx.Client]:
    client = stage.client(email=None)
    yield client
    client.close()


def test_every_page_leads_a_stranger_to_the_form_and_back(stranger: httpx.Client) -> None:
    for path in PAGES:
        answer = stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in"), path
        assert answer.headers["cache-control"] == "no-store", path


def test_after_signing_in_one_is_where_one_wanted_to_be(stranger: httpx.Client) -> None:
    form_address = stranger.get("/customers?q=jane").headers["location"]
    form = stranger.get(form_address)
    target = re.search(r'name="next" value="([^"]*)"', form.text)
    assert target is not None
    answer = sign_in(stranger, EMAIL, target="/customers?q=jane")
    assert answer.headers["location"] == "/customers?q=jane" == target[1]
    assert stranger.get("/customers?q=jane").status_code == 200


def test_nobody_is_sent_to_another_site(stranger: httpx.Client) -> None:
    assert sign_in(stranger, EMAIL, target="//evil.example/").headers["location"] == "/"


def test_a_wrong_address_and_a_wrong_password_look_the_same(stranger: httpx.Client) -> None:
    wrong_password = sign_in(stranger, EMAIL, "not the password")
    wrong_address = sign_in(stranger, "nobody@example.com", "not the password")
    assert wrong_password.status_code == wrong_address.status_code == 401

    def told(answer: httpx.Response) -> str:
        return re.sub(r'value="[^"]*"', "", answer.text)

    assert told(wrong_password) == told(wrong_address)
    assert "do not fit together" in wrong_password.text
    assert PASSWORD not in wrong_password.text


def test_the_address_is_compared_without_case(stranger: httpx.Client) -> None:
    assert sign_in(stranger, "  " + EMAIL.upper()).status_code == 303


def test_guessing_is_slowed_even_with_the_right_password_at_last(stranger: httpx.Client) -> None:
    for _ in range(PAIR_FAILURES_MAX):
        assert sign_in(stranger, EMAIL, "a guess that is wrong").status_code == 401
    refused = sign_in(stranger, EMAIL)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Too many tries" in refused.text


def test_a_form_without_its_token_is_refused(stranger: httpx.Client) -> None:
    stranger.get("/sign-in")
    answer = stranger.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 403
    assert "regulars_session" not in answer.headers.get("set-cookie", "")


def test_a_form_sent_by_another_site_is_refused(stranger: httpx.Client) -> None:
    token = token_in(stranger.get("/sign-in").text)
    fields = {"csrf": token, "email": EMAIL, "password": PASSWORD}
    answer = stranger.post("/sign-in", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_cookie_is_for_the_server_alone_and_new_each_time(stage: Stage) -> None:
    first, second = stage.client(email=None), stage.client(email=None)
    cookies = [sign_in(client, EMAIL).headers.get_list("set-cookie") for client in (first, second)]
    session = [next(one for one in each if one.startswith("regulars_session=")) for each in cookies]
    assert session[0].split(";")[0] != session[1].split(";")[0]
    for cookie in session:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
    first.close()
    second.close()


def test_signing_in_again_ends_the_session_that_came_along(stage: Stage, visitor: httpx.Client) -> None:
    old = visitor.cookies["regulars_session"]
    token = token_in(visitor.get("/").text)
    visitor.post("/sign-out", data={"csrf": token})
    visitor.cookies.set("regulars_session", old)
    assert visitor.get("/").status_code == 303


def test_signing_out_ends_the_session_for_good(visitor: httpx.Client) -> None:
    old = visitor.cookies["regulars_session"]
    answer = visitor.post("/sign-out", data={"csrf": token_in(visitor.get("/").text)})
    assert answer.headers["location"] == "/sign-in"
    stolen = httpx.Client(base_url=visitor.base_url, cookies={"regulars_session": old})
    assert stolen.get("/").status_code == 303
    stolen.close()


def test_signing_out_needs_the_form_of_this_session(visitor: httpx.Client) -> None:
    assert visitor.post("/sign-out", data={"csrf": "made up"}).status_code == 403
    assert visitor.get("/").status_code == 200


def test_another_password_ends_all_sessions(stage: Stage, visitor: httpx.Client) -> None:
    assert stage.console is not None
    stage.run(stage.console.desk.accounts.set_password(EMAIL, "another long password"))
    assert visitor.get("/").status_code == 303


def test_only_the_hash_of_a_session_is_stored_and_no_address_in_clear(
    stage: Stage, visitor: httpx.Client
) -> None:
    token = visitor.cookies["regulars_session"].partition(".")[2]
    with stage.database.session(stage.workspace_id) as conn:
        stored = str(conn.execute("select * from user_session").fetchall())
        stored += str(conn.execute("select * from app_user").fetchall())
    for clear in (token, EMAIL, "Olive", PASSWORD):
        assert clear not in stored


def test_a_cookie_of_another_workspace_opens_nothing(visitor: httpx.Client) -> None:
    token = visitor.cookies["regulars_session"].partition(".")[2]
    stranger = httpx.Client(base_url=visitor.base_url, cookies={"regulars_session": f"77.{token}"})
    assert stranger.get("/").status_code == 303
    stranger.close()


def test_signing_in_and_out_and_failing_leave_audit_lines(stage: Stage, visitor: httpx.Client) -> None:
    other = stage.client(email=None)
    sign_in(other, EMAIL, "a guess that is wrong")
    sign_in(other, "nobody@example.com", "a guess that is wrong")
    other.close()
    visitor.post("/sign-out", data={"csrf": token_in(visitor.get("/").text)})
    with stage.database.session(stage.workspace_id) as conn:
        lines = conn.execute("select action, actor, object from audit order by audit_no").fetchall()
        assert verify_chain(conn, stage.workspace_id)[1] is None
    assert [one[0] for one in lines] == [
        "account.added",
        "session.started",
        "session.refused",
        "session.refused",
        "session.ended",
    ]
    assert [one[1] == "user:unknown" for one in lines] == [False, False, False, True, False]
    assert all(one[1].startswith("user:") and one[1] == one[2] for one in lines)


def test_the_theme_is_remembered_and_written_by_the_server(visitor: httpx.Client) -> None:
    token = token_in(visitor.get("/").text)
    answer = visitor.post("/theme", data={"csrf": token, "theme": "dark", "next": "/customers"})
    assert answer.headers["location"] == "/customers"
    assert '<html lang="en" dir="ltr" data-theme="dark">' in visitor.get("/").text
    visitor.post("/theme", data={"csrf": token, "theme": "system", "next": "/"})
    assert "data-theme" not in visitor.get("/").text
