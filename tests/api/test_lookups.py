"""Profiles are found by whatever is known of a person, and shown in the shape of the contract."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.house import NOW, House, assert_error, said, sale

pytestmark = pytest.mark.anyio

JANE = {
    "external_id": "c-1", "loyalty_card": "L0001", "email": "Jane@Example.com", "phone": "+44 20 7946 0018",
    "given_name": "Jane", "family_name": "Doe", "payment_token": "par_8f2", "anonymous_id": "a-7",
}  # fmt: skip


@pytest.fixture(scope="module")
async def shop(house: House) -> House:
    """Jane, known to the tills and to the web shop, and Omar, who shares nothing with her."""
    await house.send(
        said("j-1", **JANE),
        sale("R-1001", 899, customer={"external_id": "c-1"}, at=NOW - timedelta(days=11)),
        sale("R-1002", 1901, customer={"loyalty_card": "L0001"}, at=NOW - timedelta(days=1)),
        said("o-1", external_id="c-2", email="omar@example.com", given_name="Omar", family_name="Ahmed"),
    )
    await house.send(
        said("w-1", external_id="web-9", email="jane@example.com", given_name="Jane"),
        sale("W-77", 500, customer={"external_id": "web-9"}, channel="online", store=None),
        {
            "id": "yes-1", "type": "consent.given", "occurred_at": NOW.isoformat(),
            "customer": {"external_id": "web-9", "email": "jane@example.com"}, "consent": {"channel": "email"},
        },
        source="webshop",
    )  # fmt: skip
    return house


@pytest.mark.parametrize(
    "by",
    [
        {"email": "jane@example.com"},
        {"email": " JANE@EXAMPLE.COM "},
        {"phone": "+442079460018"},
        {"phone": "020 7946 0018"},
        {"phone": "0044 20 7946 0018", "country": "DE"},
        {"loyalty_card": "L0001"},
        {"payment_token": "par_8f2"},
        {"external_id": "c-1"},
        {"external_id": "c-1", "source": "tills"},
        {"external_id": "web-9", "source": "webshop"},
        {"anonymous_id": "a-7"},
        {"name": "jane doe"},
        {"name": "Doe, Jan"},
        {"receipt": "R-1001"},
        {"receipt": "W-77", "source": "webshop"},
        {"receipt": "R-1002", "store": "london-1"},
    ],
)
async def test_a_profile_is_found_by_every_identifier(shop: House, by: dict[str, str]) -> None:
    jane = await shop.one(**by)
    assert jane["name"] == "Jane Doe"
    answer = await shop.call("POST", "/v1/profiles/search", json=by)
    assert [one["id"] for one in answer.json()["data"]] == [jane["id"]]


async def test_an_unescaped_plus_of_a_phone_is_understood(shop: House) -> None:
    answer = await shop.call("GET", "/v1/profiles?phone=+442079460018")
    assert [one["name"] for one in answer.json()["data"]] == ["Jane Doe"]


@pytest.mark.parametrize(
    "by",
    [
        {"email": "nobody@example.com"},
        {"email": "not an address"},
        {"phone": "12"},
        {"loyalty_card": "L9999"},
        {"loyalty_card": "n/a"},
        {"external_id": "c-1", "source": "webshop"},
        {"name": "jane ahmed"},
        {"receipt": "R-1001", "store": "elsewhere"},
    ],
)
async def test_what_fits_nobody_finds_nobody(shop: House, by: dict[str, str]) -> None:
    assert await shop.find(**by) == []


async def test_the_shape_is_the_contracts(shop: House) -> None:
    jane = await shop.one(email="jane@example.com")
    assert set(jane) == {
        "id",
        "name",
        "record_ids",
        "identifiers",
        "metrics",
        "loyalty",
        "segments",
        "consent",
    }
    assert jane["id"] in jane["record_ids"]
    # The tills named her by number and by card alone: two records there, one at the web shop.
    assert len(jane["record_ids"]) == 3
    email = [one for one in jane["identifiers"] if one["kind"] == "email" and one["source"] == "webshop"]
    assert email == [{"kind": "email", "value": "jane@example.com", "source": "webshop", "current": True}]
    assert jane["metrics"] == {
        "orders": 3, "returns": 0, "items": 3, "spend_minor": {"GBP": 3300}, "average_order_minor": {"GBP": 1100},
        "first_purchase_at": "2026-11-11T12:00:00Z", "last_purchase_at": "2026-11-22T10:00:00Z",
        "channels": {"store": 2, "online": 1}, "stores": {"london-1": 2}, "favourite_categories": ["Coffee"],
        "cadence_days": 5.46,
    }  # fmt: skip
    assert jane["segments"] == []
    assert jane["loyalty"] is None
    assert jane["consent"] == {"email": "granted"}


async def test_any_record_id_leads_to_the_profile(shop: House) -> None:
    jane = await shop.one(email="jane@example.com")
    for record_id in jane["record_ids"]:
        assert (await shop.get(f"/v1/profiles/{record_id}"))["id"] == jane["id"]


@pytest.mark.parametrize("tail", ["", "/timeline", "/explain", "/export"])
@pytest.mark.parametrize("wrong", ["0" * 32, "nonsense", "%00", "ü" * 40])
async def test_an_unknown_id_is_404(shop: House, wrong: str, tail: str) -> None:
    assert_error(await shop.call("GET", f"/v1/profiles/{wrong}{tail}"), 404, "not_found")


@pytest.mark.parametrize(
    ("by", "field"),
    [
        ({"email": "a@b.example", "phone": "1"}, "phone"),
        ({"external_id": "c-1", "source": "nowhere"}, "source"),
        ({"name": "…"}, "name"),
        ({"email": "a@b.example", "cursor": "x"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"country": "Germany"}, "country"),
        ({"email": ""}, "email"),
    ],
)
async def test_a_search_that_makes_no_sense_says_which_field_is_wrong(
    shop: House, by: dict[str, str], field: str
) -> None:
    assert assert_error(await shop.call("GET", "/v1/profiles", params=by), 400)["field"] == field


async def test_a_misspelt_field_is_an_error_and_not_a_list_of_everybody(shop: House) -> None:
    assert_error(await shop.call("GET", "/v1/profiles?emial=jane@example.com"), 400)
    assert_error(await shop.call("POST", "/v1/profiles/search", json={"emial": "x"}), 400)


async def test_replaced_contacts_find_only_on_request(shop: House) -> None:
    old, new = NOW - timedelta(days=3), NOW - timedelta(days=2)
    await shop.send(said("m-1", external_id="m", email="old@example.com", at=old))
    await shop.send(said("m-2", external_id="m", email="new@example.com", at=new))
    assert await shop.find(email="old@example.com") == []
    found = await shop.one(email="old@example.com", former="true")
    emails = {one["value"]: one["current"] for one in found["identifiers"] if one["kind"] == "email"}
    assert emails == {"new@example.com": True, "old@example.com": False}


async def test_lists_page_without_gaps_or_repeats(shop: House) -> None:
    family = [
        said(f"f-{n}", external_id=f"f-{n}", phone="+44 20 7946 0999", given_name=name, family_name="Fernsby",
             at=NOW - timedelta(days=30, minutes=n))
        for n, name in enumerate(["Ann", "Bob", "Cat", "Dan", "Eve"])
    ]  # fmt: skip
    await shop.send(*family)
    for by in ({"phone": "+44 20 7946 0999"}, {"name": "fernsby"}, {}):
        whole = [one["id"] for one in await shop.find(**by)]
        assert await _paged(shop, by) == whole
        assert len(set(whole)) == len(whole) >= 5


async def _paged(shop: House, by: dict[str, str]) -> list[str]:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(20):
        page: Any = await shop.get("/v1/profiles", params={**by, **cursor, "limit": 2})
        seen += [one["id"] for one in page["data"]]
        if page["next"] is None:
            return seen
        cursor = {"cursor": page["next"]}
    raise AssertionError("the list never ends")


@pytest.mark.parametrize(
    "query",
    [
        "email=jane%40example.com", "email=JANE@example.com", "phone=+442079460018", "phone=%2B442079460018",
        "loyalty_card=L0001", "external_id=c-1", "anonymous_id=a-7", "payment_token=par_8f2", "email=nobody",
        "email=", "email=%FF", "email=a&email=b", "colour=red", "name=jane", f"email={'x' * 600}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scopes", [("*",), ("profiles:read",), ("events:write",), ()])
async def test_a_plain_look_up_is_answered_as_by_the_route(
    shop: House, query: str, scopes: tuple[str, ...]
) -> None:
    """Past the framework or through it: the same status, headers and body."""
    key = await shop.key(*scopes) if scopes else "rgl_1_nobody"
    headers = {"authorization": f"Bearer {key}"}
    plain = await shop.client.get(f"/v1/profiles?{query}", headers=headers)
    routed = await shop.client.request("GET", f"/v1/profiles?{query}&limit=50", headers=headers)
    assert plain.status_code == routed.status_code
    assert plain.json() == routed.json()
    assert dict(plain.headers) == dict(routed.headers)
