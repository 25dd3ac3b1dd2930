"""Stores, products, staff and consent are written as events: the log rebuilds what the API said."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.intake.rebuild import Rebuilder
from tests.api.house import NOW, House, assert_error, said, sale

pytestmark = pytest.mark.anyio

STORE = {
    "name": "High Street",
    "time_zone": "Europe/London",
    "country": "GB",
    "currency": "GBP",
    "tax_mode": "inclusive",
}
PRODUCT = {
    "name": "Coffee",
    "category": "Coffee",
    "price_minor": 899,
    "currency": "GBP",
    "barcode": "5012345678900",
}
STAFF = {"given_name": "Sam", "family_name": "Till", "email": "sam@example.com"}
REGISTERS = [("stores", "code", STORE), ("products", "sku", PRODUCT), ("staff", "code", STAFF)]


@pytest.mark.parametrize(("path", "key", "details"), REGISTERS)
async def test_an_entry_is_added_shown_and_replaced(
    house: House, path: str, key: str, details: dict[str, Any]
) -> None:
    made = await house.call("POST", f"/v1/{path}", json={key: "a-1", **details})
    assert made.status_code == 201, made.text
    entry = made.json()
    assert {name: entry[name] for name in details} == details
    assert entry["updated_at"]
    assert await house.get(f"/v1/{path}/a-1") == entry
    changed = await house.call("PUT", f"/v1/{path}/a-1", json={})
    assert changed.status_code == 200
    assert all(changed.json()[name] is None for name in details)
    assert_error(await house.call("POST", f"/v1/{path}", json={key: "a-1", **details}), 409, "conflict")
    # Back to what was said first: the same words again are a new event.
    back = await house.call("PUT", f"/v1/{path}/a-1", json=details)
    assert {name: back.json()[name] for name in details} == details
    assert [one[key] for one in (await house.get(f"/v1/{path}"))["data"]].count("a-1") == 1


@pytest.mark.parametrize(("path", "key", "details"), REGISTERS)
async def test_codes_may_hold_slashes_and_unknown_ones_are_404(
    house: House, path: str, key: str, details: dict[str, Any]
) -> None:
    code = "A/12 ü"
    assert (await house.call("PUT", f"/v1/{path}/A/12 %C3%BC", json=details)).json()[key] == code
    assert (await house.get(f"/v1/{path}/A%2F12%20%C3%BC"))[key] == code
    assert_error(await house.call("GET", f"/v1/{path}/nowhere"), 404)
    assert_error(await house.call("PUT", f"/v1/{path}/{'x' * 201}", json={}), 400)


async def test_saying_what_is_known_already_makes_no_event(house: House) -> None:
    await house.call("PUT", "/v1/stores/quiet", json=STORE)
    lines = len((await house.get("/v1/audit", params={"object": "store:quiet"}))["data"])
    assert (await house.call("PUT", "/v1/stores/quiet", json=STORE)).status_code == 200
    assert (await house.call("POST", "/v1/stores", json={"code": "quiet", **STORE})).status_code == 201
    assert len((await house.get("/v1/audit", params={"object": "store:quiet"}))["data"]) == lines == 1


async def test_what_only_sales_named_can_be_described(house: House) -> None:
    await house.send(sale("REG-1", store="corner", staff="s-77"))
    named = await house.get("/v1/stores/corner")
    assert (named["updated_at"], named["name"]) == (None, None)
    described = await house.call("POST", "/v1/stores", json={"code": "corner", "name": "Corner"})
    assert described.json()["name"] == "Corner"
    assert (await house.get("/v1/staff/s-77"))["updated_at"] is None
    assert (await house.get("/v1/products/COF-1"))["category"] == "Coffee"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("stores", {"code": "x", "time_zone": "Mars/Olympus"}, "time_zone"),
        ("stores", {"code": "x", "tax_mode": "none"}, "tax_mode"),
        ("stores", {"code": ""}, "code"),
        ("stores", {"name": "x"}, None),
        ("stores", {"code": "x", "nmae": "x"}, None),
        ("products", {"sku": "x", "price_minor": 1.5}, "price_minor"),
        ("products", {"sku": "x", "currency": "pounds"}, "currency"),
        ("staff", {"code": 7}, "code"),
    ],
)
async def test_a_wrong_entry_is_refused_and_nothing_is_set_aside(
    house: House, path: str, body: dict[str, Any], field: str | None
) -> None:
    before = (await house.get("/v1/rejected"))["waiting"]
    told = assert_error(await house.call("POST", f"/v1/{path}", json=body), 400)
    assert field is None or told["field"] == field
    assert (await house.get("/v1/rejected"))["waiting"] == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"code": "\\ud800"}', b'{"code": "\\u0000"}']
)
async def test_a_body_that_is_none_is_400(house: House, body: bytes) -> None:
    assert_error(await house.call("POST", "/v1/stores", content=body), 400)


async def test_a_body_over_the_limit_is_413(house: House) -> None:
    body = b'{"code": "x", "name": "' + b"x" * 1_100_000 + b'"}'
    for headers in ({}, {"idempotency-key": "large"}):
        assert_error(await house.call("POST", "/v1/stores", content=body, headers=headers), 413, "too_large")


async def test_the_log_rebuilds_what_the_api_wrote(house: House) -> None:
    await house.call("PUT", "/v1/stores/rebuilt", json=STORE)
    await house.call("PUT", "/v1/products/rebuilt", json=PRODUCT)
    await house.call(
        "POST", "/v1/consents", json={"channel": "email", "status": "granted", "address": "r@example.com"}
    )
    assert Rebuilder(house.database, house.vault).verify().differences == []


async def test_consent_is_heard_by_address_profile_or_customer(house: House) -> None:
    await house.send(said("n-1", external_id="n-1", email="nina@example.com", phone="+44 20 7946 0222"))
    profile = await house.one(external_id="n-1")
    at = NOW.isoformat()
    for body in (
        {"channel": "email", "status": "granted", "address": "Nina@Example.com", "occurred_at": at},
        {"channel": "sms", "status": "withdrawn", "profile_id": profile["id"]},
        {"channel": "push", "status": "granted", "customer": {"external_id": "n-1"}},
        {"channel": "email", "status": "withdrawn", "purpose": "surveys", "address": "nina@example.com"},
    ):
        heard = await house.call("POST", "/v1/consents", json=body)
        assert heard.status_code == 201, heard.text
        assert heard.json()["result"] == "applied"
    assert (await house.one(external_id="n-1"))["consent"] == {
        "email": "granted", "push": "granted", "sms": "withdrawn",
    }  # fmt: skip
    listed = await house.get("/v1/consents", params={"profile_id": profile["id"]})
    assert {(one["channel"], one["purpose"], one["address"]) for one in listed["data"]} == {
        ("email", "marketing", "nina@example.com"), ("email", "surveys", "nina@example.com"),
        ("sms", "marketing", "+442079460222"), ("push", "marketing", None),
    }  # fmt: skip
    only = await house.get("/v1/consents", params={"profile_id": profile["id"], "purpose": "surveys"})
    assert [one["status"] for one in only["data"]] == ["withdrawn"]
    assert (await house.get("/v1/consents", params={"channel": "push"}))["data"][0]["profile_id"] == profile[
        "id"
    ]


async def test_an_address_that_one_source_replaced_is_the_persons_no_more(house: House) -> None:
    one = {"email": "lou.old@example.com", "given_name": "Lou"}
    await house.send(said("lou-1", external_id="lou", **one))
    await house.send(said("lou-2", external_id="lou-web", **one), source="webshop")
    await house.call(
        "POST",
        "/v1/consents",
        json={"channel": "email", "status": "granted", "address": "lou.old@example.com"},
    )
    await house.send(said("lou-3", external_id="lou", email="lou.new@example.com", at=NOW))
    lou = await house.one(external_id="lou")
    assert lou["id"] == (await house.one(external_id="lou-web"))["id"]
    assert lou["consent"] == {}
    told = await house.get(f"/v1/profiles/{lou['id']}/export")
    assert [(one["status"], one["address"]) for one in told["consents"]] == [
        ("granted", "lou.old@example.com")
    ]


async def test_consent_goes_with_the_address_not_with_the_person(house: House) -> None:
    await house.send(said("k-1", external_id="k-1", email="kim.old@example.com"))
    await house.call(
        "POST",
        "/v1/consents",
        json={"channel": "email", "status": "granted", "address": "kim.old@example.com"},
    )
    assert (await house.one(external_id="k-1"))["consent"] == {"email": "granted"}
    await house.send(said("k-2", external_id="k-1", email="kim.new@example.com", at=NOW))
    assert (await house.one(external_id="k-1"))["consent"] == {}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"channel": "email", "status": "granted"}, 400, "address"),
        ({"channel": "email", "status": "granted", "address": "nonsense"}, 400, "address"),
        ({"channel": "smoke", "status": "granted", "address": "a@b.example"}, 400, "channel"),
        ({"channel": "push", "status": "granted", "profile_id": "0" * 32}, 400, "profile_id"),
        ({"channel": "email", "status": "granted", "profile_id": "0" * 32}, 404, "profile_id"),
        ({"channel": "push", "status": "granted", "customer": {}}, 400, "address"),
        ({"channel": "email", "status": "granted", "address": "a@b.example", "occurred_at": "2999-01-01T00:00:00Z"}, 400, "occurred_at"),
    ],
)  # fmt: skip
async def test_a_consent_of_nobody_is_refused(
    house: House, body: dict[str, Any], status: int, field: str
) -> None:
    assert assert_error(await house.call("POST", "/v1/consents", json=body), status)["field"] == field
