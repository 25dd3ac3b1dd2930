"""Single sign-on: the way there and back, the second factor, and doors that stay shut."""

from __future__ import annotations

from contextlib import closing

import httpx

from regulars.console.web.security import csrf_token
from regulars.console.web.throttle import ADDRESS_FAILURES_MAX
from regulars.store.database import Database
from tests.console.factors import Clock, enrol, post, send_code
from tests.console.sign_on.way import ANNA, come_back, enter, leave, signed_in
from tests.console.sign_on_provider import SignOnProvider
from tests.console.stage import EMAIL, PASSWORD, Stage, sign_in
from tests.console.test_people import invite


def test_a_state_is_handed_in_once(stage: Stage, provider: SignOnProvider, stranger: httpx.Client) -> None:
    """Even with a provider that takes its codes again."""
    provider.codes_last = True
    address = leave(stranger)
    ticket = stranger.cookies["regulars_sign_on"]
    assert come_back(stranger, address).status_code == 303
    assert "regulars_sign_on" not in stranger.cookies
    with closing(stage.client(email=None)) as thief:
        assert come_back(thief, address).status_code == 403, "without the ticket"
        answer = thief.get(address.raw_path.decode(), headers={"Cookie": f"regulars_sign_on={ticket}"})
        assert answer.status_code == 403
        assert "finished already" in answer.text
        assert not signed_in(thief)


def test_an_answer_to_another_question_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    with closing(stage.client(email=None)) as attacker:
        planted = leave(attacker)
        leave(stranger)
        assert come_back(stranger, planted).status_code == 403, "the whole answer of another browser"
        for state in ("", "ä", None):
            own = leave(stranger)
            changed = own.copy_remove_param("state") if state is None else own.copy_set_param("state", state)
            assert come_back(stranger, changed).status_code == 403
        own = leave(stranger)
        answer = come_back(stranger, own.copy_set_param("code", planted.params["code"]))
        assert answer.status_code == 403, "the code belongs to another verifier and nonce"
        assert not signed_in(stranger)


def test_turning_back_at_the_provider_is_told(stage: Stage, stranger: httpx.Client) -> None:
    address = leave(stranger).copy_remove_param("code").copy_set_param("error", "access_denied")
    answer = come_back(stranger, address)
    assert answer.status_code == 403
    assert "you turned back there" in answer.text
    mixed_up = leave(stranger).copy_set_param("iss", "https://evil.example")
    assert come_back(stranger, mixed_up).status_code == 403


def test_a_sign_in_that_took_too_long_is_begun_anew(
    stage: Stage, clock: Clock, stranger: httpx.Client
) -> None:
    address = leave(stranger)
    clock.later(601)
    assert "took too long" in come_back(stranger, address).text
    assert not signed_in(stranger)


def test_nobody_is_sent_to_another_site(stage: Stage, stranger: httpx.Client) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert enter(stranger, target).headers["location"] == "/"


def test_the_session_that_came_along_ends(
    stage: Stage, provider: SignOnProvider, visitor: httpx.Client
) -> None:
    planted = visitor.cookies["regulars_session"]
    assert enter(visitor).status_code == 303
    assert visitor.cookies["regulars_session"] != planted
    with closing(httpx.Client(base_url=stage.url, cookies={"regulars_session": planted})) as attacker:
        assert not signed_in(attacker)


def test_tickets_of_one_step_are_none_of_another(
    stage: Stage, clock: Clock, visitor: httpx.Client, stranger: httpx.Client
) -> None:
    enrol(visitor, clock)
    sign_in(stranger, EMAIL)
    half_way = stranger.cookies["regulars_half_way"]
    address = leave(stranger)
    away = stranger.cookies["regulars_sign_on"]
    with closing(stage.client(email=None)) as forged:
        swapped = {"Cookie": f"regulars_half_way={away}; regulars_sign_on={half_way}"}
        assert forged.get("/sign-in/code", headers=swapped).headers["location"] == "/sign-in"
        assert forged.get(address.raw_path.decode(), headers=swapped).status_code == 403


def test_a_second_factor_set_up_here_is_asked_for_this_way_too(
    stage: Stage, clock: Clock, stranger: httpx.Client
) -> None:
    enter(stranger)
    phone, _ = enrol(stranger, clock)
    clock.later()
    with closing(stage.client(email=None)) as client:
        assert enter(client, "/customers").headers["location"] == "/sign-in/code"
        assert not signed_in(client)
        assert send_code(client, phone.code()).headers["location"] == "/customers"
        clock.later()
        off = post(client, "/account/second-factor/off", "/account/second-factor", code=phone.code())
        assert off.status_code == 303, "somebody without a password needs none"


def test_made_up_codes_are_slowed(stage: Stage, stranger: httpx.Client) -> None:
    for _ in range(ADDRESS_FAILURES_MAX):
        assert come_back(stranger, leave(stranger).copy_set_param("code", "made up")).status_code == 403
    refused = enter(stranger)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_where_passwords_are_shut_none_opens(only: Stage, provider: SignOnProvider) -> None:
    with closing(only.client(email=None)) as client:
        form = client.get("/sign-in")
        assert "Sign in with Head Office" in form.text
        assert 'name="password"' not in form.text
        with closing(httpx.Client(base_url=only.url, headers={"Accept": "text/html"})) as other:
            secret = "a cookie of one's own"
            fields = {"csrf": csrf_token(secret), "email": EMAIL, "password": PASSWORD}
            answer = other.post("/sign-in", data=fields, headers={"Cookie": f"regulars_form={secret}"})
            assert answer.status_code == 403
            assert not signed_in(other)
        provider.person |= {"email": EMAIL, "groups": ["heads"]}
        assert enter(client).status_code == 303
        page = client.get("/account").text
        assert 'name="old"' not in page
        link = invite(client)
        assert client.get(link).headers["location"] == "/sign-in"
        assert client.post("/invitation", data={"token": "x"}).headers["location"] == "/sign-in"


def test_without_a_provider_there_is_no_button_and_no_way(database: Database) -> None:
    with Stage(database).serving() as plain, closing(plain.client(email=None)) as client:
        assert "Sign in with" not in client.get("/sign-in").text
        assert client.get("/sign-in/provider").status_code == 404
        assert client.get("/sign-in/provider/return?code=1&state=2").status_code == 404


def test_nothing_of_the_provider_is_stored_in_clear(stage: Stage, stranger: httpx.Client) -> None:
    enter(stranger)
    with stage.database.session(stage.workspace_id) as conn:
        stored = str(conn.execute("select * from sign_on").fetchall())
        stored += str(conn.execute("select * from app_user").fetchall())
        stored += str(conn.execute("select * from audit").fetchall())
    for clear in ("person-1", ANNA, "Anna Provider"):
        assert clear not in stored
