"""Single sign-on against a provider that speaks HTTP: who comes in, as what, and every answer that is refused."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from regulars.console.provider import ANSWER_BYTES_MAX, REFRESH_SECONDS, Provider
from regulars.console.sign_on import TokenRefused
from regulars.console.sign_on_settings import SignOnSettings, read_sign_on
from regulars.console.web.security import csrf_token
from regulars.console.web.throttle import ADDRESS_FAILURES_MAX
from regulars.settings import Settings, SettingsError, load_settings
from regulars.store.audit import verify_chain
from regulars.store.database import Database
from tests.console.factors import Clock, enrol, post, send_code
from tests.console.sign_on_provider import CLIENT_ID, CLIENT_SECRET, SignOnProvider
from tests.console.stage import EMAIL, PASSWORD, Stage, sign_in
from tests.console.test_people import accept, id_of, invite

ANNA = "anna@example.com"
ROLES = (("crm-leads", "marketer"), ("it", "engineer"), ("crm", "manager"), ("heads", "owner"))


@pytest.fixture
def provider() -> Iterator[SignOnProvider]:
    with SignOnProvider().serving() as serving:
        yield serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


def chosen(provider: SignOnProvider, **changed: Any) -> SignOnSettings:
    """How the tests' provider is set up."""
    values: dict[str, Any] = {
        "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "Head Office",
        "scopes": ("openid", "email"), "role_claim": "groups", "roles": ROLES,
    }  # fmt: skip
    return SignOnSettings(**values | changed)


@pytest.fixture
def stage(database: Database, provider: SignOnProvider, clock: Clock) -> Iterator[Stage]:
    """A console with a provider beside passwords."""
    with Stage(database, clock=clock, sign_on=chosen(provider)).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def only(database: Database, provider: SignOnProvider, clock: Clock) -> Iterator[Stage]:
    """A console where passwords let nobody in."""
    with Stage(database, clock=clock, sign_on=chosen(provider, only=True)).serving() as served:
        served.add_account()
        yield served


@pytest.fixture
def stranger(stage: Stage) -> Iterator[httpx.Client]:
    client = stage.client(email=None)
    yield client
    client.close()


def leave(client: httpx.Client, target: str = "/") -> httpx.URL:
    """Press the button and sign in at the provider: the address one is sent back to."""
    away = client.get("/sign-in/provider", params={"next": target})
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"])
    assert back.status_code == 303
    return httpx.URL(back.headers["location"])


def come_back(client: httpx.Client, address: httpx.URL) -> httpx.Response:
    """Follow the way back; the console's public address is another one than the test's."""
    assert str(address).startswith("http://127.0.0.1:8400/sign-in/provider/return?")
    return client.get(address.raw_path.decode())


def enter(client: httpx.Client, target: str = "/") -> httpx.Response:
    """The whole way."""
    return come_back(client, leave(client, target))


def signed_in(client: httpx.Client) -> bool:
    return client.get("/").status_code == 200


def test_somebody_new_comes_in_with_the_role_of_their_claim(
    stage: Stage, visitor: httpx.Client, stranger: httpx.Client
) -> None:
    form = stranger.get("/sign-in?next=/customers?q=jane")
    assert "Sign in with Head Office" in form.text
    assert 'href="/sign-in/provider?next=%2Fcustomers%3Fq%3Djane"' in form.text
    answer = enter(stranger, "/customers?q=jane")
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers?q=jane")
    assert stranger.get("/customers?q=jane").status_code == 200
    page = stranger.get("/account").text
    for said in ("Anna Provider", ANNA, "Store manager", "you come by single sign-on"):
        assert said in page
    row = next(row for row in visitor.get("/people").text.split("<tr>") if ANNA in row)
    assert "Signed in" in row
    assert "Invited" not in row


def test_an_account_that_was_there_is_found_by_its_address(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    user_id = stage.add_account(ANNA, "associate", name="Anna Here")
    provider.person["groups"] = "it"
    assert enter(stranger).status_code == 303
    assert "Anna Here" in stranger.get("/account").text
    assert stranger.get("/keys").status_code == 200
    provider.person |= {"email": "new-name@example.com", "email_verified": False}
    assert enter(stranger).status_code == 303, "from now on the provider's own name for her counts"
    assert stage.console is not None
    members = stage.run(stage.console.desk.team.members())
    assert [one.user_id for one in members if one.name.startswith("Anna")] == [user_id]


@pytest.mark.parametrize(
    ("said", "role"),
    [
        (["x", "crm", "it"], "Engineer"), ("crm", "Store manager"), (["crm", "crm-leads"], "Marketer"),
        ([], None), (None, None), ("CRM", None), ({"crm": 1}, None), ([["crm"]], None), (7, None),
    ],
)  # fmt: skip
def test_the_first_mapping_that_fits_counts_and_without_one_nobody_comes_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, said: object, role: str | None
) -> None:
    provider.person["groups"] = said
    answer = enter(stranger)
    if role:
        assert f"<dd>{role}" in stranger.get("/account").text
    else:
        assert answer.status_code == 403
        assert "gives you no role here" in answer.text
        assert not signed_in(stranger)


def test_a_claim_within_claims_is_reached_by_dots(database: Database, provider: SignOnProvider) -> None:
    provider.person |= {"realm": {"roles": ["it"]}, "a.b": "crm"}
    for claim, opens in (("realm.roles", 200), ("a.b", 403), ("realm.roles.x", None), ("realm", None)):
        with (
            Stage(database, sign_on=chosen(provider, role_claim=claim)).serving() as stage,
            closing(stage.client(email=None)) as client,
        ):
            assert enter(client).status_code == (303 if opens else 403), claim
            if opens:
                assert client.get("/keys").status_code == opens, claim


def test_the_role_follows_the_claims_at_each_sign_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, visitor: httpx.Client
) -> None:
    for group, events in (("crm", 403), ("it", 200), ("crm", 403)):
        provider.person["groups"] = [group]
        enter(stranger)
        assert stranger.get("/events").status_code == events
    provider.person["groups"] = []
    assert enter(stranger).status_code == 403
    trail = visitor.get("/audit").text
    for said in ("Account tied to the sign-on provider", "Role changed", "Sign-in refused", "Single sign-on"):
        assert said in trail
    with stage.database.session(stage.workspace_id) as connection:
        assert verify_chain(connection, stage.workspace_id)[1] is None


def test_the_last_owner_stays_one_whatever_the_claims_say(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, visitor: httpx.Client
) -> None:
    provider.person["email"] = EMAIL
    assert enter(stranger).status_code == 303
    assert stranger.get("/people").status_code == 200
    assert "Last owner kept" in visitor.get("/audit").text
    accept(stage, invite(visitor, "second@example.com", "owner"))
    assert enter(stranger).status_code == 303
    assert stranger.get("/people").status_code == 403


def test_an_owner_who_comes_by_the_provider_is_an_owner_who_can_sign_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, visitor: httpx.Client
) -> None:
    provider.person["groups"] = ["heads"]
    enter(stranger)
    first = id_of(visitor, EMAIL)
    assert post(stranger, f"/people/{first}/role", "/people", role="marketer").status_code == 200


def test_a_shut_account_stays_out_and_is_tied_anew_when_opened(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, visitor: httpx.Client
) -> None:
    enter(stranger)
    path = f"/people/{id_of(visitor, ANNA)}"
    post(visitor, f"{path}/disable", "/people")
    assert not signed_in(stranger)
    answer = enter(stranger)
    assert answer.status_code == 403
    assert "Your account here is shut" in answer.text
    post(visitor, f"{path}/enable", "/people")
    provider.person["sub"] = "person-2"
    assert enter(stranger).status_code == 303


def test_an_address_that_was_given_to_somebody_else_opens_nothing(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    enter(stranger)
    provider.person["sub"] = "somebody else"
    with closing(stage.client(email=None)) as client:
        answer = enter(client)
        assert answer.status_code == 403
        assert "belongs to somebody else" in answer.text
        assert not signed_in(client)


@pytest.mark.parametrize(
    "person",
    [
        {"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}, {"email": ""},
        {"email": None}, {"email": "no address"}, {"email": ["a@example.com"]}, {"email": EMAIL, "email_verified": 1},
    ],
)  # fmt: skip
def test_an_address_that_is_not_verified_finds_and_makes_nobody(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, person: dict[str, Any]
) -> None:
    provider.person |= person
    answer = enter(stranger)
    assert answer.status_code == 403
    assert "has not verified your e-mail address" in answer.text
    assert not signed_in(stranger)
    assert stage.console is not None
    assert len(stage.run(stage.console.desk.team.members())) == 1


TWISTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another nonce": lambda claims: claims.update(nonce="made up"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "for another": lambda claims: claims.update(aud="another client"),
    "for several, by another": lambda claims: claims.update(aud=[CLIENT_ID, "other"], azp="other"),
    "for nobody": lambda claims: claims.pop("aud"),
    "of another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 120),
    "never expiring": lambda claims: claims.pop("exp"),
    "of the future": lambda claims: claims.update(iat=claims["iat"] + 600),
    "of nobody": lambda claims: claims.pop("sub"),
    "of an empty name": lambda claims: claims.update(sub=""),
    "of a very long name": lambda claims: claims.update(sub="x" * 1000),
    "of a number": lambda claims: claims.update(sub=7),
}


@pytest.mark.parametrize("twist", TWISTS)
def test_a_token_that_does_not_hold_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, twist: str
) -> None:
    provider.twist = TWISTS[twist]
    answer = enter(stranger)
    assert answer.status_code == 403
    assert "Not signed in" in answer.text
    assert not signed_in(stranger)


def test_a_token_is_taken_within_a_minute_of_the_providers_clock(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    provider.twist = lambda claims: claims.update(exp=claims["iat"] - 20, aud=[CLIENT_ID])
    assert enter(stranger).status_code == 303


@pytest.mark.parametrize("kid", ["first", "unknown"])
def test_a_signature_of_another_key_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, kid: str
) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": kid})
    assert enter(stranger).status_code == 403
    assert not signed_in(stranger)


def resigned(token: str, algorithm: str, secret: bytes, kid: str = "first") -> str:
    """The same claims under another header, and what may pass for a signature."""
    header = (
        base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": kid}).encode()).decode().rstrip("=")
    )
    said = f"{header}.{token.split('.')[1]}"
    made = hmac.digest(secret, said.encode(), "sha256") if secret else b""
    return f"{said}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def test_a_token_that_anybody_could_sign_lets_nobody_in(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client
) -> None:
    shared = OctKey.generate_key(256, {"kid": "shared", "alg": "HS256"})
    published = provider.keys
    provider.keys = lambda: {"keys": [*published()["keys"], shared.as_dict()]}  # type: ignore[method-assign]
    forgeries: tuple[Callable[[str], str], ...] = (
        lambda token: resigned(token, "none", b""),
        lambda token: resigned(token, "HS256", provider.key.as_pem(private=False)),
        lambda token: resigned(token, "HS256", shared.get_op_key("sign"), "shared"),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token[:-8] + "AAAAAAAA",
        lambda token: f"x{token}",
        lambda token: "",
        lambda token: "a.b.c",
    )
    for forge in forgeries:
        provider.forge = forge
        assert enter(stranger).status_code == 403
        assert not signed_in(stranger)
    provider.forge = lambda token: token
    assert enter(stranger).status_code == 303


def test_new_keys_are_fetched_when_named_but_not_each_time_somebody_asks(
    provider: SignOnProvider, clock: Clock
) -> None:
    """The clock of the provider's cache is handed in, so this is about the class alone."""
    seconds = [0.0]
    made = Provider(chosen(provider), "http://127.0.0.1:8400/back", clock, lambda: seconds[0])

    async def enter_once() -> str:
        url, attempt = await made.begin()
        async with httpx.AsyncClient() as client:
            back = httpx.URL((await client.get(url)).headers["location"])
        return (await made.finish(back.params["code"], attempt)).subject

    async def story() -> None:
        assert await enter_once() == "person-1"
        provider.key = provider.signs_with = RSAKey.generate_key(2048, {"kid": "second"})
        for _ in range(3):
            with pytest.raises(TokenRefused, match="does not hold"):
                await enter_once()
        assert provider.asked.count("/keys") == 1
        seconds[0] += REFRESH_SECONDS + 1
        assert await enter_once() == "person-1"
        assert await enter_once() == "person-1"
        assert provider.asked.count("/keys") == 2
        assert provider.asked.count("/.well-known/openid-configuration") == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"padding": "x" * ANSWER_BYTES_MAX},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_asked(
    stage: Stage, provider: SignOnProvider, stranger: httpx.Client, description: dict[str, Any]
) -> None:
    provider.description = description
    answer = stranger.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "Not signed in" in answer.text


def test_a_provider_that_is_away_is_told_and_passwords_still_work(
    database: Database, stage: Stage, provider: SignOnProvider
) -> None:
    with SignOnProvider().serving() as gone:
        settings = chosen(gone)
    with Stage(database, sign_on=settings).serving() as lonely, closing(lonely.client(email=None)) as client:
        answer = client.get("/sign-in/provider")
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert sign_in(client, EMAIL).status_code == 303


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


GOOD = {
    "oidc_issuer": "https://id.example",
    "oidc_client_id": "x",
    "oidc_roles": ("a=b=owner", " it = engineer "),
}


def test_settings_are_read_whole() -> None:
    assert read_sign_on(Settings()) is None
    read = read_sign_on(Settings(**GOOD, oidc_scopes=("openid", "groups")))  # type: ignore[arg-type]
    assert read is not None
    assert read.roles == (("a=b", "owner"), ("it", "engineer"))
    assert read.scopes == ("openid", "groups")


def test_settings_come_from_the_environment_and_keep_the_secret(tmp_path: Path) -> None:
    environ = {
        "REGULARS_OIDC_ISSUER": "https://id.example", "REGULARS_OIDC_CLIENT_ID": "x", "REGULARS_OIDC_ONLY": "true",
        "REGULARS_OIDC_CLIENT_SECRET": CLIENT_SECRET, "REGULARS_OIDC_ROLES": "it=engineer, crm=marketer",
    }  # fmt: skip
    loaded = load_settings(environ=environ, directory=tmp_path)
    read = read_sign_on(loaded.settings)
    assert read is not None
    assert (read.roles, read.only) == ((("it", "engineer"), ("crm", "marketer")), True)
    assert read.client_secret == CLIENT_SECRET
    assert CLIENT_SECRET not in str(loaded.rows()) + repr(loaded.settings) + repr(read)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"oidc_issuer": "http://id.example"}, "oidc_issuer"),
        ({"oidc_client_id": None}, "oidc_client_id"),
        ({"oidc_roles": ()}, "oidc_roles"),
        ({"oidc_roles": ("it=king",)}, "oidc_roles"),
        ({"oidc_roles": ("owner",)}, "oidc_roles"),
        ({"oidc_roles": ("=owner",)}, "oidc_roles"),
        ({"oidc_issuer": None, "oidc_only": True}, "oidc_only"),
    ],
)
def test_a_provider_that_is_half_set_up_stops_the_start(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_sign_on(Settings(**GOOD | changed))
    assert caught.value.field == field
