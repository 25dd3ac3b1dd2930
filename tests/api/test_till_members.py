"""Members at the till: found, shown, enrolled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.house import House, assert_error
from tests.api.till import Till, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


def customer(**more: Any) -> dict[str, Any]:
    return {"email": f"{fresh()}@example.com", "given_name": "Ann", "family_name": "Doe", **more}


async def test_somebody_unknown_is_an_empty_list(till: Till) -> None:
    for by in ({"card": "none"}, {"phone": "+442079460999"}, {"email": "x"}, {"token": "none"}):
        assert (await till.get("/v1/members", **by)) == {"matches": []}


async def test_a_member_is_found_by_what_they_show_or_say(till: Till) -> None:
    who = customer(phone="020 7946 0018", loyalty_card="L-found", payment_token="par-1")
    member = await till.enrol(**who)
    asked = {"card": "L-found", "phone": "+442079460018", "email": who["email"], "token": "par-1"}
    for name, value in asked.items():
        (found,) = (await till.get("/v1/members", **{name: value}))["matches"]
        assert found["member_id"] == member
        assert found["enrolled"] is True
        assert found["tier"]["code"] == "base"
        assert (await till.post("/v1/members/search", {name: value}))["matches"] == [found]


async def test_a_plain_look_up_is_answered_as_any_other(till: Till) -> None:
    """The plain ones are answered before the framework; saying which programme is meant leads through it."""
    who = customer(phone="020 7946 0456", loyalty_card=fresh(), payment_token=fresh())
    member = await till.enrol(**who)
    await till.sell(5_000, member_id=member)
    plain = await till.call("GET", f"/v1/members/{member}")
    through = await till.call("GET", f"/v1/members/{member}", params={"programme": 1})
    assert plain.json()["balance"] == 50
    assert plain.headers["content-type"] == through.headers["content-type"]
    assert plain.json() == through.json()
    asked = {"card": who["loyalty_card"], "email": who["email"], "token": who["payment_token"]}
    for name, value in (*asked.items(), ("phone", "+442079460456")):
        found = await till.get("/v1/members", **{name: value})
        assert found == await till.get("/v1/members", **{name: value}, programme=1)
        assert [one["member_id"] for one in found["matches"]] == [member]


async def test_an_unescaped_plus_of_a_phone_is_understood(till: Till) -> None:
    member = await till.enrol(phone="+442079460457", external_id=fresh())
    answer = await till.call("GET", "/v1/members?phone=+442079460457")
    assert [one["member_id"] for one in answer.json()["matches"]] == [member]


async def test_plain_look_ups_need_the_right_key_and_see_their_own_shop_alone(till: Till) -> None:
    card = fresh()
    member = await till.enrol(loyalty_card=card)
    paths = (f"/v1/members/{member}", f"/v1/members?card={card}")
    stranger = await till.house.key("till", workspace_id=till.house.neighbour())
    for path in paths:
        assert_error(await till.house.client.get(path), 401)
        assert_error(await till.house.call("GET", path, scopes=("profiles:read",)), 403)
        answer = await till.house.call("GET", path, key=stranger)
        assert answer.json().get("matches", []) == []
        assert answer.status_code == (404 if "?" not in path else 200)


async def test_plain_look_ups_are_counted_by_route_and_not_by_address(till: Till) -> None:
    member = await till.enrol()
    for _ in range(2):
        await till.member(member)
    text = (await till.house.client.get("/metrics")).text
    assert 'regulars_http_requests_total{route="/v1/members/{member_id}",status="200"}' in text
    assert member not in text


async def test_a_look_up_after_an_answered_sale_shows_it(till: Till) -> None:
    """However many sell and look up meanwhile."""

    async def buy(number: int) -> None:
        card = fresh()
        member = await till.enrol(loyalty_card=card)
        for sold in range(1, 4):
            told = await till.sell(100 * number, member_id=member)
            (found,) = (await till.get("/v1/members", card=card))["matches"]
            assert told["member"]["balance"] == found["balance"] == sold * number
            assert (await till.member(member))["balance"] == sold * number

    await asyncio.gather(*(buy(number) for number in range(1, 9)))


async def test_a_family_with_one_phone_is_for_the_cashier_to_tell_apart(till: Till) -> None:
    for given in ("Ann", "Bob"):
        await till.enrol(phone="+442079460123", given_name=given, external_id=f"family-{given}")
    found = (await till.get("/v1/members", phone="+442079460123"))["matches"]
    assert sorted(one["name"][0] for one in found) == ["A", "B"]


async def test_names_are_masked_without_the_right_to_see_them(till: Till) -> None:
    hostile = customer(given_name="<script>", family_name="O'Neill")
    member = await till.enrol(**hostile)
    assert (await till.member(member))["name"] == "<••• O•••"
    clear = Till(till.house, scopes=("till", "pii:read"))
    assert (await clear.member(member))["name"] == "<script> O'Neill"


@pytest.mark.parametrize("asked", [{}, {"card": "a", "phone": "b"}])
async def test_one_thing_is_asked_by_at_a_time(till: Till, asked: dict[str, str]) -> None:
    assert assert_error(await till.call("GET", "/v1/members", params=asked), 400)["field"] in (
        "card",
        "phone",
    )


async def test_ids_of_nobody_are_404(till: Till) -> None:
    for one in (fresh(), "no-id"):
        assert_error(await till.call("GET", f"/v1/members/{one}"), 404, "unknown_member")


async def test_a_programme_or_points_that_are_not_there_are_404(till: Till) -> None:
    member = await till.enrol(**customer())
    for params, code in (({"programme": 7}, "unknown_programme"), ({"point": "miles"}, "unknown_point")):
        assert_error(await till.call("GET", f"/v1/members/{member}", params=params), 404, code)


async def test_a_customer_who_did_not_join_is_found_and_can(till: Till) -> None:
    who = customer()
    await till.house.send(
        {
            "id": "known-before",
            "type": "customer.updated",
            "occurred_at": "2026-01-01T00:00:00Z",
            "customer": who,
        }
    )
    (found,) = (await till.get("/v1/members", email=who["email"]))["matches"]
    assert (found["enrolled"], found["status"]) == (False, None)
    assert await till.enrol(**who) == found["member_id"]
    assert (await till.member(found["member_id"]))["status"] == "active"


async def test_enrolling_again_is_the_same_member(till: Till) -> None:
    body = {"customer": customer()}
    first = await till.post("/v1/members", body)
    assert await till.post("/v1/members", body) == first
    more = {"customer": body["customer"] | {"family_name": "Dough"}}
    assert (await till.post("/v1/members", more))["member_id"] == first["member_id"]


async def test_many_who_enrol_one_customer_at_once_make_one_member(till: Till) -> None:
    body = {"customer": customer()}
    told = await asyncio.gather(*(till.post("/v1/members", body) for _ in range(8)))
    assert len({one["member_id"] for one in told}) == 1


async def test_consent_given_at_the_till_is_kept_as_consent(till: Till) -> None:
    who = customer(phone="+442079460777")
    said = [
        {"channel": "email", "text": "News by e-mail."},
        {"channel": "sms", "status": "withdrawn", "text": "No texts."},
    ]
    told = await till.post("/v1/members", {"customer": who, "consents": said})
    assert told["consent"] == {"email": "granted", "sms": "withdrawn"}
    profile = await till.house.one(email=who["email"])
    assert profile["consent"] == {"email": "granted", "sms": "withdrawn"}


async def test_consent_without_an_address_names_its_field(till: Till) -> None:
    body = {"customer": {"external_id": "no-mail"}, "consents": [{"channel": "email"}]}
    told = assert_error(await till.call("POST", "/v1/members", body), 400)
    assert told["field"] == "consents[0].channel"


async def test_nobody_in_particular_cannot_join(till: Till) -> None:
    answer = await till.call("POST", "/v1/members", {"customer": {"given_name": "Ann"}})
    assert assert_error(answer, 400)["field"] == "customer"


async def test_a_number_of_a_payment_card_is_no_loyalty_card(till: Till) -> None:
    body = {"customer": {"loyalty_card": "4111111111111111"}}
    told = await till.refused(422, "unusable_card", "/v1/members", body)
    assert told["field"] == "customer.loyalty_card"


async def test_joining_leaves_one_line_of_audit(till: Till) -> None:
    body = {"customer": customer(), "store": "s1", "staff": "s-12"}
    member = (await till.post("/v1/members", body))["member_id"]
    await till.post("/v1/members", body)
    lines = (await till.house.get("/v1/audit", params={"limit": 200}))["data"]
    own = [one for one in lines if one["object"] == f"profile:{member}"]
    assert [one["action"] for one in own] == ["customer.enrolled"]


async def test_before_there_is_a_programme_customers_are_found_but_cannot_join(house: House) -> None:
    key = await house.key("*", workspace_id=house.neighbour())
    assert (await house.get("/v1/members", key=key, params={"card": "x"})) == {"matches": []}
    answer = await house.call("POST", "/v1/members", key=key, json={"customer": customer()})
    assert_error(answer, 404, "no_programme")
