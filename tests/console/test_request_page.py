"""The page of a request: its steps and their trail, reloading it, and who may come near it."""

from __future__ import annotations

import re
from contextlib import closing
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.requests.steps import STEPS
from tests.console.requesting import HOSTILE, ask, known, one, post, profile_of, take
from tests.console.stage import Stage, details, token_in
from tests.console.test_pages import FRAGMENT, check


@pytest.mark.parametrize("role", get_args(Role))
def test_only_owners_and_privacy_officers_work_here(stage: Stage, visitor: httpx.Client, role: Role) -> None:
    profile = known(stage, visitor)
    path = ask(stage, visitor, "erasure", profile)
    stage.add_account(f"{role}@roles.example", role, role)
    allowed = role in ("owner", "privacy")
    with closing(stage.client(email=f"{role}@roles.example")) as client:
        csrf = token_in(client.get("/customers").text)
        for page in ("/requests", "/requests/new", "/requests/consent", path, f"{path}/proof"):
            assert client.get(page).status_code == (200 if allowed else 403), page
        if not allowed:
            for step in STEPS:
                form = {"csrf": csrf, "step": step, "confirm": "1"}
                assert client.post(path, data=form).status_code == 403, step
            for copy in ("file", "print"):
                assert client.post(f"{path}/{copy}", data={"csrf": csrf}).status_code == 403, copy
            for address in (
                "/requests",
                "/requests/find",
                "/requests/consent",
                f"/customers/{profile}/consent",
            ):
                assert client.post(address, data={"csrf": csrf}).status_code == 403, address
            assert "Record what the customer told you" not in client.get(f"/customers/{profile}").text
    assert profile_of(visitor) == profile


def test_a_form_without_its_token_does_nothing(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    path = ask(stage, visitor, "erasure", profile)
    for step in STEPS:
        assert visitor.post(path, data={"step": step, "confirm": "Jane Doe"}).status_code == 403, step
    for copy in ("file", "print"):
        assert visitor.post(f"{path}/{copy}").status_code == 403, copy
    for form in ("/requests", "/requests/find", "/requests/consent", f"/customers/{profile}/consent"):
        assert visitor.post(form, data={"customer": profile}).status_code == 403, form
    assert profile_of(visitor) == profile
    assert one(stage, path).state == "checked"


def test_unknown_requests_are_not_found(visitor: httpx.Client) -> None:
    for number in ("0", "99", "x", "9" * 30, "-1"):
        assert visitor.get(f"/requests/{number}").status_code == 404, number
        assert take(visitor, f"/requests/{number}", "check", method="card").status_code == 404, number


def test_hostile_words_are_only_words(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(details("h-1", external_id="h", loyalty_card="L0001", given_name=HOSTILE, family_name="Doe"))
    profile = profile_of(visitor)
    assert profile is not None
    path = ask(stage, visitor, "access", profile, asked_by=HOSTILE, wording=HOSTILE)
    take(visitor, path, "notes", note=HOSTILE)
    for page in ("/requests", path, f"{path}/proof", "/requests/consent"):
        check(visitor.get(page))
        check(visitor.get(page, headers=FRAGMENT), whole=False)
        assert "<script>alert" not in visitor.get(page).text
    assert "<script>alert" not in post(visitor, f"{path}/print").text


def test_the_trail_tells_each_step_and_no_content(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "access", known(stage, visitor))
    take(visitor, path, "notes", note="called back")
    take(visitor, path, "extend", reason="complex")
    post(visitor, f"{path}/file")
    take(visitor, path, "answer")
    with stage.database.session(stage.workspace_id) as connection:
        found = connection.execute(
            "select action, actor, details::text from audit where object = 'request:1' order by audit_no"
        ).fetchall()
    assert [action for action, _, _ in found] == [
        "request.received", "request.checked", "request.noted", "request.extended", "request.handed_out",
        "request.done",
    ]  # fmt: skip
    assert all(actor.startswith("user:") for _, actor, _ in found)
    assert not any(word in text for _, _, text in found for word in ("Jane", "called", "right"))
    assert "Request carried out" in visitor.get("/audit?object=request:1").text


def test_a_step_leads_back_to_the_page_so_that_reloading_takes_it_no_second_time(
    stage: Stage, visitor: httpx.Client
) -> None:
    path = ask(stage, visitor, "access", known(stage, visitor))
    form = {"csrf": token_in(visitor.get(path).text), "step": "notes", "note": "called back"}
    answer = visitor.post(path, data=form)
    assert answer.status_code == 303
    after = answer.headers["location"]
    for _ in range(2):
        page = visitor.get(after)
        assert page.status_code == 200
        assert "The note is added." in page.text
        assert page.text.count("called back") == 1
    part = visitor.get(after, headers=FRAGMENT)
    assert part.headers["hx-push-url"] == path


def test_a_page_with_a_fault_stands_at_an_address_that_can_be_opened(
    stage: Stage, visitor: httpx.Client
) -> None:
    path = ask(stage, visitor, "erasure", known(stage, visitor))
    faulty = take(visitor, path, "erase", confirm="nobody")
    assert faulty.status_code == 400
    assert visitor.get(str(faulty.url)).status_code == 200
    csrf = token_in(faulty.text)
    back = re.search(r'action="/theme" method="post">.*?name="next" value="([^"]+)"', faulty.text, re.DOTALL)
    assert back is not None
    themed = visitor.post(
        "/theme", data={"csrf": csrf, "theme": "dark", "next": back[1]}, follow_redirects=True
    )
    assert themed.status_code == 200
    assert "Erase the customer" in themed.text


def test_what_was_done_is_said_only_when_it_was(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "erasure", known(stage, visitor))
    for said in ("erase", "notes", "party", ""):
        page = visitor.get(path, params={"done": said}).text
        assert "The customer is erased." not in page
        assert "The note is added." not in page
    assert "The identity check is noted." in visitor.get(path, params={"done": "check"}).text
    assert take(visitor, path, "party").status_code == 404
