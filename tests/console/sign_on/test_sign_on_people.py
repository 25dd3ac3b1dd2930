"""Single sign-on: who comes in by the provider, as whom, and in which role."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import httpx
import pytest

from regulars.store.audit import verify_chain
from regulars.store.database import Database
from tests.console.factors import post
from tests.console.sign_on.way import ANNA, chosen, enter, signed_in
from tests.console.sign_on_provider import SignOnProvider
from tests.console.stage import EMAIL, Stage
from tests.console.test_people import accept, id_of, invite


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
