"""The second factor: set up, asked for at each sign-in by every way, never taken twice, and its recovery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.second_factors import HALF_WAY_LIFE, RECOVERY_CODES
from regulars.console.totp import STEP_SECONDS, code_at, secret_text, secret_uri, step_at, step_of
from regulars.console.web.throttle import CODE_FAILURES_MAX, PAIR_FAILURES_MAX, Throttle
from regulars.store.database import Database
from tests.console.factors import Clock, Telephone, enrol, post, read_secret, recovery_codes, send_code
from tests.console.stage import EMAIL, PASSWORD, Stage, sign_in, token_in
from tests.console.test_pages import FRAGMENT, check
from tests.console.test_people import accept, id_of, link_in

RFC_SECRET = b"12345678901234567890"
# RFC 6238, appendix B, SHA-1: seconds of Unix time and the code, of which we use the last six digits.
RFC_CODES = {
    59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
    2000000000: "69279037", 20000000000: "65353130",
}  # fmt: skip
PAGE = "/account/second-factor"
FORMS = tuple(f"{PAGE}/{verb}" for verb in ("begin", "confirm", "off"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(database: Database, clock: Clock) -> Iterator[Stage]:
    """A console that goes by the test's clock."""
    with Stage(database, clock=clock).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def strict(database: Database, clock: Clock) -> Iterator[Stage]:
    """A console where everybody must have a second factor."""
    with Stage(database, clock=clock, require_second_factor=True).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def stranger(stage: Stage) -> Iterator[httpx.Client]:
    client = stage.client(email=None)
    yield client
    client.close()


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_at(RFC_SECRET, step_at(at)) == code[-6:]
    assert step_of(RFC_SECRET, code[-6:], at, after=0) == seconds // STEP_SECONDS


def test_a_code_is_right_one_period_early_or_late_and_only_after_the_last_one_taken() -> None:
    at, here = datetime.fromtimestamp(2_000_000_000, UTC), 2_000_000_000 // STEP_SECONDS
    taken = [step_of(RFC_SECRET, code_at(RFC_SECRET, here + by), at, after=0) for by in (-2, -1, 0, 1, 2)]
    assert taken == [None, here - 1, here, here + 1, None]
    assert step_of(RFC_SECRET, code_at(RFC_SECRET, here), at, after=here) is None
    for bad in ("", "1", "0000000", "ä", "٠٠٠٠٠٠"):
        assert step_of(RFC_SECRET, bad, at, after=0) is None


def test_an_app_reads_the_secret_from_text_and_from_the_code() -> None:
    assert read_secret(secret_text(RFC_SECRET)) == RFC_SECRET
    uri = secret_uri(RFC_SECRET, "a:b&c@example.com", "Corner Shops & Söhne")
    assert uri.startswith("otpauth://totp/Corner%20Shops%20%26%20S%C3%B6hne:a%3Ab%26c%40example.com?secret=")
    assert dict(httpx.URL(uri).params.multi_items()) == {
        "secret": secret_text(RFC_SECRET).replace(" ", ""),
        "issuer": "Corner Shops & Söhne", "algorithm": "SHA1", "digits": "6", "period": "30",
    }  # fmt: skip


@pytest.mark.parametrize("role", get_args(Role))
def test_everybody_sets_one_up_and_is_asked_for_it(stage: Stage, clock: Clock, role: Role) -> None:
    email = f"{role}@roles.example"
    stage.add_account(email, role)
    with closing(stage.client(email=email)) as client:
        phone, codes = enrol(client, clock)
        assert len(set(codes)) == RECOVERY_CODES
        assert client.get("/customers").status_code == 200
    clock.later()
    with closing(stage.client(email=None)) as client:
        first = sign_in(client, email, target="/customers?q=jane")
        assert (first.status_code, first.headers["location"]) == (303, "/sign-in/code")
        assert client.get("/customers").status_code == 303
        second = send_code(client, phone.code())
        assert (second.status_code, second.headers["location"]) == (303, "/customers?q=jane")
        assert client.get("/customers").status_code == 200


def test_the_pages_hold_and_show_secret_and_codes_once(
    stage: Stage, clock: Clock, visitor: httpx.Client
) -> None:
    check(visitor.get(PAGE))
    begun = post(visitor, f"{PAGE}/begin", PAGE)
    check(begun)
    assert '<svg viewBox="0 0 ' in begun.text
    phone = Telephone(begun.text, clock)
    done = visitor.post(f"{PAGE}/confirm", data={"csrf": token_in(begun.text), "code": phone.code()})
    check(done)
    (first, *_) = recovery_codes(done.text)
    for page in (visitor.get(PAGE), visitor.get(PAGE, headers=FRAGMENT), visitor.get("/account")):
        assert first not in page.text
        assert secret_text(phone.secret) not in page.text
    assert "10 recovery codes left" in visitor.get("/account").text


def test_it_holds_only_after_a_right_code(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    begun = post(visitor, f"{PAGE}/begin", PAGE)
    phone = Telephone(begun.text, clock)
    for wrong in ("", "000000", phone.code(3)):
        answer = visitor.post(f"{PAGE}/confirm", data={"csrf": token_in(begun.text), "code": wrong})
        assert answer.status_code == 400
        assert "does not fit" in answer.text
        assert secret_text(phone.secret) in answer.text, "the app need not be set up again"
    with closing(stage.client()) as other:
        assert other.get("/").status_code == 200


def test_sessions_that_were_begun_without_it_end(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    with closing(stage.client()) as other:
        enrol(visitor, clock)
        assert other.get("/").status_code == 303
        assert visitor.get("/").status_code == 200


def test_nothing_is_confirmed_that_was_not_begun(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    assert post(visitor, f"{PAGE}/confirm", PAGE, code="123456").status_code == 409
    phone, _ = enrol(visitor, clock)
    clock.later()
    assert post(visitor, f"{PAGE}/begin", PAGE).status_code == 409
    assert post(visitor, f"{PAGE}/confirm", PAGE, code=phone.code()).status_code == 409


def test_a_code_is_never_taken_twice(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    phone, _ = enrol(visitor, clock)
    with closing(stage.client(email=None)) as client:
        sign_in(client, EMAIL)
        assert send_code(client, phone.code()).status_code == 401, "it was used to set up"
        assert send_code(client, phone.code(-1)).status_code == 401, "it is older than one that was used"
        clock.later()
        assert send_code(client, phone.code()).status_code == 303
    with closing(stage.client(email=None)) as client:
        sign_in(client, EMAIL)
        assert send_code(client, phone.code()).status_code == 401


def test_a_recovery_code_lets_in_once_however_it_is_typed(
    stage: Stage, clock: Clock, visitor: httpx.Client
) -> None:
    _, codes = enrol(visitor, clock)
    for typed, right in ((codes[0], 303), (codes[0], 401), (f" {codes[1].upper().replace('-', ' ')} ", 303)):
        with closing(stage.client(email=None)) as client:
            sign_in(client, EMAIL)
            assert send_code(client, typed).status_code == right
    assert "8 recovery codes left" in visitor.get("/account").text
    assert "Recovery code used" in visitor.get("/audit").text


def test_recovery_codes_are_their_owners_alone(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    stage.add_account("eve@example.com")
    _, mine = enrol(visitor, clock)
    with closing(stage.client(email="eve@example.com")) as eve:
        enrol(eve, clock)
    with closing(stage.client(email=None)) as eve:
        sign_in(eve, "eve@example.com")
        assert send_code(eve, mine[0]).status_code == 401


def test_a_half_way_ticket_is_no_session(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    enrol(visitor, clock)
    with closing(stage.client(email=None)) as client:
        answer = sign_in(client, EMAIL)
        ticket = client.cookies["regulars_half_way"]
        assert client.cookies.get("regulars_session") is None
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "half_way" in one]
        for word in ("HttpOnly", "SameSite=lax", "Path=/sign-in"):
            assert word in cookie
        for path in ("/", "/customers", "/account", PAGE, "/live"):
            assert client.get(path).status_code == 303, path
        for text in (ticket, f"{stage.workspace_id}.{ticket}"):
            with closing(httpx.Client(base_url=stage.url, cookies={"regulars_session": text})) as forged:
                assert forged.get("/").status_code == 303


def test_a_session_and_a_made_up_ticket_are_no_half_way_ticket(stage: Stage, visitor: httpx.Client) -> None:
    for text in (visitor.cookies["regulars_session"], "", "x", "A" * 200, "ä"):
        headers = {"Cookie": f"regulars_half_way={text}".encode()}
        with closing(httpx.Client(base_url=stage.url)) as forged:
            answer = forged.get("/sign-in/code", headers=headers)  # type: ignore[arg-type]
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_half_way_ticket_ends_by_time_and_with_the_password(
    stage: Stage, clock: Clock, visitor: httpx.Client, stranger: httpx.Client
) -> None:
    phone, _ = enrol(visitor, clock)
    sign_in(stranger, EMAIL)
    assert stranger.get("/sign-in/code").status_code == 200
    assert stage.console is not None
    stage.run(stage.console.desk.accounts.set_password(EMAIL, "another long password"))
    assert stranger.get("/sign-in/code").headers["location"] == "/sign-in"
    sign_in(stranger, EMAIL, "another long password")
    token = token_in(stranger.get("/sign-in/code").text)
    clock.later(HALF_WAY_LIFE.total_seconds())
    answer = stranger.post("/sign-in/code", data={"csrf": token, "code": phone.code()})
    assert answer.headers["location"] == "/sign-in"
    assert stranger.get("/").status_code == 303


def test_a_shut_account_stays_out_between_the_steps(
    stage: Stage, clock: Clock, visitor: httpx.Client, stranger: httpx.Client
) -> None:
    stage.add_account("anna@example.com", "manager")
    with closing(stage.client(email="anna@example.com")) as anna:
        phone, _ = enrol(anna, clock)
    clock.later()
    sign_in(stranger, "anna@example.com")
    token = token_in(stranger.get("/sign-in/code").text)
    post(visitor, f"/people/{id_of(visitor, 'anna@example.com')}/disable", "/people")
    answer = stranger.post("/sign-in/code", data={"csrf": token, "code": phone.code()})
    assert answer.headers["location"] == "/sign-in"


def test_the_second_step_begins_another_session_than_the_one_that_came_along(
    stage: Stage, clock: Clock, visitor: httpx.Client
) -> None:
    phone, _ = enrol(visitor, clock)
    clock.later()
    planted = visitor.cookies["regulars_session"]
    with closing(stage.client(email=None)) as victim:
        token = token_in(victim.get("/sign-in").text)
        form = victim.cookies["regulars_form"]
        victim.post(
            "/sign-in",
            data={"csrf": token, "email": EMAIL, "password": PASSWORD},
            headers={"Cookie": f"regulars_form={form}; regulars_session={planted}"},
        )
        assert visitor.get("/").status_code == 303, "the planted session has ended"
        assert send_code(victim, phone.code()).status_code == 303
        assert victim.cookies["regulars_session"] != planted


def test_nobody_is_sent_to_another_site_after_the_code(
    stage: Stage, clock: Clock, visitor: httpx.Client, stranger: httpx.Client
) -> None:
    phone, _ = enrol(visitor, clock)
    clock.later()
    sign_in(stranger, EMAIL, target="//evil.example/")
    assert send_code(stranger, phone.code()).headers["location"] == "/"


def test_guessing_codes_is_slowed_even_with_the_right_one_at_last(
    stage: Stage, clock: Clock, visitor: httpx.Client, stranger: httpx.Client
) -> None:
    phone, codes = enrol(visitor, clock)
    clock.later()
    sign_in(stranger, EMAIL)
    for _ in range(PAIR_FAILURES_MAX):
        assert send_code(stranger, "000000").status_code == 401
    for right in (phone.code(), codes[0]):
        refused = send_code(stranger, right)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    assert stranger.get("/").status_code == 303
    off = post(visitor, f"{PAGE}/off", PAGE, password=PASSWORD, code=phone.code())
    assert off.status_code == 429, "the same tries are counted there"


def test_codes_of_one_account_are_slowed_from_many_addresses_too() -> None:
    throttle = Throttle(lambda: 0.0, account_failures_max=CODE_FAILURES_MAX)
    waits = [throttle.admit("anna", f"192.0.2.{n}") for n in range(CODE_FAILURES_MAX + 1)]
    assert waits[:-1] == [0] * CODE_FAILURES_MAX
    assert waits[-1] > 0
    assert throttle.admit("ben", "192.0.2.1") == 0


def test_it_is_switched_off_with_password_and_code(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    phone, _ = enrol(visitor, clock)
    clock.later()
    for fields, said in (
        ({"password": "not the password", "code": phone.code()}, "This is not your password"),
        ({"password": PASSWORD, "code": "000000"}, "does not fit"),
        ({"password": PASSWORD}, "does not fit"),
    ):
        answer = post(visitor, f"{PAGE}/off", PAGE, **fields)
        assert answer.status_code == 400
        assert said in answer.text
    done = post(visitor, f"{PAGE}/off", PAGE, password=PASSWORD, code=phone.code())
    assert done.headers["location"] == "/account?done=second-factor-off"
    with closing(stage.client()) as client:
        assert client.get("/customers").status_code == 200
    clock.later()
    assert enrol(visitor, clock)[0].secret != phone.secret


@pytest.mark.parametrize("path", [*FORMS, "/sign-in/code"])
def test_a_form_without_its_token_does_nothing(
    stage: Stage, clock: Clock, visitor: httpx.Client, stranger: httpx.Client, path: str
) -> None:
    phone, _ = enrol(visitor, clock)
    clock.later()
    sign_in(stranger, EMAIL)
    client = stranger if path == "/sign-in/code" else visitor
    answer = client.post(path, data={"password": PASSWORD, "code": phone.code()})
    assert answer.status_code == 403
    assert send_code(stranger, phone.code()).status_code == 303, "the code was not used up"


def test_a_link_for_a_new_password_does_not_go_round_it(
    stage: Stage, clock: Clock, visitor: httpx.Client
) -> None:
    enrol(visitor, clock)
    link = link_in(post(visitor, f"/people/{id_of(visitor, EMAIL)}/link", "/people", name=EMAIL))
    answer = accept(stage, link, "another long password")
    assert answer.headers["location"] == "/sign-in/code"
    assert "regulars_session=1." not in str(answer.headers.get_list("set-cookie"))


def test_an_owner_sees_and_resets_that_of_others_but_not_their_own(
    stage: Stage, clock: Clock, visitor: httpx.Client
) -> None:
    stage.add_account("anna@example.com", "manager")
    with closing(stage.client(email="anna@example.com")) as anna:
        enrol(anna, clock)
    enrol(visitor, clock)
    page = visitor.get("/people").text
    assert len(re.findall(r"</svg>Second factor</span>", page)) == 2
    assert page.count("Reset second factor") == 1
    path = f"/people/{id_of(visitor, 'anna@example.com')}/reset-second-factor"
    assert "The second factor is reset" in post(visitor, path, "/people").text
    with closing(stage.client(email="anna@example.com")) as anna:
        assert anna.get("/").status_code == 200
    own = f"/people/{id_of(visitor, EMAIL)}/reset-second-factor"
    assert post(visitor, own, "/people").status_code == 403
    trail = visitor.get("/audit").text
    assert "Second factor reset" in trail
    assert "Second factor set up" in trail


def test_where_it_is_asked_of_everybody_nothing_opens_before(strict: Stage, clock: Clock) -> None:
    with closing(strict.client()) as client:
        for path in ("/", "/customers", "/account", "/people", "/live", "/events"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, PAGE), path
        led = client.get("/customers", headers=FRAGMENT)
        assert (led.status_code, led.headers["hx-redirect"]) == (401, PAGE)
        assert (
            client.post("/people/invite", data={"csrf": token_in(client.get(PAGE).text)}).status_code == 303
        )
        assert "asks everyone" in client.get(PAGE).text
        phone, _ = enrol(client, clock)
        assert client.get("/customers").status_code == 200
        clock.later()
        post(client, f"{PAGE}/off", PAGE, password=PASSWORD, code=phone.code())
        assert client.get("/").headers["location"] == PAGE
        out = post(client, "/sign-out", PAGE)
        assert out.headers["location"] == "/sign-in"


def test_secret_and_codes_are_not_stored_in_clear(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    phone, codes = enrol(visitor, clock)
    with stage.database.session(stage.workspace_id) as conn:
        (row,) = conn.execute("select sealed, recovery from second_factor").fetchall()
    assert phone.secret not in row[0]
    assert len(row[1]) == RECOVERY_CODES
    assert not [one for one in codes if one in str(row) or one.replace("-", "") in str(row)]


def test_another_workspace_sees_none_of_it(stage: Stage, clock: Clock, visitor: httpx.Client) -> None:
    enrol(visitor, clock)
    with stage.database.session(stage.workspace_id + 1) as conn:
        assert conn.execute("select count(*) from second_factor").fetchone() == (0,)
        assert conn.execute("select count(*) from sign_on").fetchone() == (0,)
