"""A key limited to stores reads what a person limited to them sees: no amounts of another store, nothing in all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from regulars.console.api.access import RULES
from regulars.store.narrowing import STORES_MAX
from regulars.store.rollup import Rollup
from regulars.vocabulary.errors import InvalidInput
from tests.api.house import NOW, House, assert_error, said, sale

pytestmark = pytest.mark.anyio

HIGH, PORT = "ks-high", "ks-port"
RIGHTS = ("profiles:read", "profiles:write", "reports:read", "pii:read", "events:write")
PAT = {"loyalty_card": "KS-1", "email": "ks-pat@example.com", "given_name": "Pat"}
AMOUNTS = ("7647", "5419", "20077")
"""What Pat spent at the port, online and in all; no limited key may meet one of them."""


@pytest.fixture(scope="module")
async def limited(house: House) -> str:
    """A key of the high street, and trade in two stores and online."""
    await house.send(
        sale("KS-H", 7011, store=HIGH, customer=PAT, at=NOW - timedelta(days=3)),
        sale("KS-P", 7647, store=PORT, customer=PAT, properties={"note": "7647"}),
        sale("KS-W", 5419, store=None, channel="online", customer=PAT),
        sale("KS-R", 2002, store=PORT, customer={"loyalty_card": "KS-2", "given_name": "Rita"}),
        said("ks-walk-in", loyalty_card="KS-3", given_name="Walker"),
    )
    Rollup(house.database, house.workspace_id).settle()
    made = await house.keys.create(
        house.workspace_id, name="limited", scopes=RIGHTS, source="tills", stores=[HIGH, HIGH], actor="test"
    )
    assert made.stores == [HIGH]
    return made.text


async def pat(house: House) -> str:
    return str((await house.one(loyalty_card="KS-1"))["id"])


async def test_a_profile_is_found_without_what_was_spent_in_all(house: House, limited: str) -> None:
    (free,) = await house.find(loyalty_card="KS-1")
    assert free["metrics"]["spend_minor"] == {"GBP": 20077}
    for path in (
        "/v1/profiles?loyalty_card=KS-1",
        "/v1/profiles?name=pat&limit=1",
        f"/v1/profiles/{free['id']}",
    ):
        shown = await house.get(path, key=limited)
        one = shown.get("data", [shown])[0]
        assert (one["metrics"]["spend_minor"], one["metrics"]["average_order_minor"]) == ({}, {})
        assert one["metrics"]["orders"] == 3
        assert one["name"] == "Pat"


async def test_the_list_holds_those_who_bought_in_these_stores(house: House, limited: str) -> None:
    ids: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(20):
        page = await house.get("/v1/profiles", key=limited, params={"limit": 1, **cursor})
        ids += [one["id"] for one in page["data"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert ids == [await pat(house)]
    everybody = await house.get("/v1/profiles")
    assert len(everybody["data"]) >= 3


async def test_the_timeline_tells_every_visit_and_the_amounts_of_these_stores(
    house: House, limited: str
) -> None:
    page = await house.get(f"/v1/profiles/{await pat(house)}/timeline", key=limited)
    sales = {one["id"]: one["event"] for one in page["data"]}
    assert set(sales) >= {"sale-KS-H", "sale-KS-P", "sale-KS-W"}
    assert sales["sale-KS-H"]["sale"]["total_minor"] == 7011
    assert "total_minor" not in sales["sale-KS-P"]["sale"]
    assert "properties" not in sales["sale-KS-P"]
    assert sales["sale-KS-P"]["customer"]["given_name"] == "Pat"
    assert not any(amount in msgspec.json.encode(page).decode() for amount in AMOUNTS)


async def test_reports_are_of_these_stores(house: House, limited: str) -> None:
    span = {"from": "2026-11-01", "to": "2026-11-30"}
    for report in ("sales", "stores", "staff"):
        found = await house.get(f"/v1/reports/{report}", key=limited, params=span)
        assert found["total"]["net_minor"] == 7011, report
        answer = await house.call("GET", f"/v1/reports/{report}", key=limited, params={**span, "store": PORT})
        assert_error(answer, 404, "not_found")
    lines = (await house.get("/v1/reports/stores", key=limited, params=span))["lines"]
    assert [line["name"] for line in lines] == [HIGH]


async def test_other_stores_are_not_there(house: House, limited: str) -> None:
    assert [one["code"] for one in (await house.get("/v1/stores", key=limited))["data"]] == [HIGH]
    assert (await house.get(f"/v1/stores/{HIGH}", key=limited))["code"] == HIGH
    assert_error(await house.call("GET", f"/v1/stores/{PORT}", key=limited), 404, "not_found")
    assert {HIGH, PORT} <= {one["code"] for one in (await house.get("/v1/stores?limit=200"))["data"]}


async def test_consents_are_told_of_one_customer_at_a_time(house: House, limited: str) -> None:
    assert_error(await house.call("GET", "/v1/consents", key=limited), 403, "forbidden")
    assert (await house.get(f"/v1/consents?profile_id={await pat(house)}", key=limited))["data"] == []


async def test_no_route_a_limited_key_may_open_tells_of_another_store(house: House, limited: str) -> None:
    """Every GET of the document that its scopes open, asked about Pat."""
    who = await pat(house)
    for rule in RULES:
        if rule.method == "GET" and rule.path.startswith("/v1/"):
            path = rule.path.replace("{profile_id}", who).replace("{code}", PORT).replace("{sku}", "COF-1")
            answer = await house.call("GET", path, key=limited)
            assert not any(amount in answer.text for amount in AMOUNTS), path


async def test_what_it_sends_is_of_any_store(house: House, limited: str) -> None:
    event = sale("KS-S", 100, store=PORT)
    answer = await house.call("POST", "/v1/events", key=limited, json=event)
    assert answer.status_code in (200, 202), answer.text


@pytest.mark.parametrize(
    ("scopes", "stores", "told"),
    [
        (["admin"], [HIGH], "none of these rights"),
        (["privacy", "profiles:read"], [HIGH], "none of these rights"),
        (["*"], [HIGH], "none of these rights"),
        (["profiles:read"], [], "Name 1 to 100 stores"),
        (["profiles:read"], ["nowhere"], "no store 'nowhere'"),
        (["profiles:read"], ["\0"], "no store"),
        (["profiles:read"], [f"s{n}" for n in range(STORES_MAX + 1)], "Name 1 to 100 stores"),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused(
    house: House, limited: str, scopes: list[str], stores: list[str], told: str
) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        await house.keys.create(house.workspace_id, name="bad", scopes=scopes, stores=stores)
    assert caught.value.field == "stores"


async def test_a_limit_is_made_listed_and_kept_by_rotation_over_http(house: House, limited: str) -> None:
    wish: dict[str, Any] = {"name": "till", "scopes": ["profiles:read"], "stores": [PORT, HIGH]}
    made = (await house.call("POST", "/v1/keys", json=wish)).json()
    assert made["stores"] == [HIGH, PORT]
    followed = (await house.call("POST", f"/v1/keys/{made['id']}/rotate")).json()
    assert followed["stores"] == [HIGH, PORT]
    assert (await house.get("/v1/stores", key=followed["key"]))["data"][0]["code"] == HIGH
    listed = {one["id"]: one["stores"] for one in (await house.get("/v1/keys?limit=200"))["data"]}
    assert listed[followed["id"]] == [HIGH, PORT]
    assert None in listed.values()
    for bad in ([], ["nowhere"], "x", ["x" * 201]):
        answer = await house.call("POST", "/v1/keys", json={**wish, "stores": bad})
        assert_error(answer, 400)
    neighbour = await house.keys.create(house.neighbour(), name="other", scopes=["*"])
    answer = await house.call("POST", "/v1/keys", key=neighbour.text, json=wish)
    assert_error(answer, 400)


async def test_contacts_in_names_of_goods_and_stores_are_masked_and_survive_being_written_back(
    house: House,
) -> None:
    name = "Mug for ann@example.com"
    put = {"name": name, "category": "Mugs"}
    assert (await house.call("PUT", "/v1/products/ks-mug", json=put)).json()["name"] == name
    await house.call("PUT", "/v1/stores/ks-kiosk", json={"name": "Kiosk, +44 20 7946 0018"})
    for scopes in (("profiles:read",), ("admin",)):
        shown = await house.get("/v1/products/ks-mug", scopes=scopes)
        assert shown["name"] == "Mug for [email]"
        assert (await house.get("/v1/stores/ks-kiosk", scopes=scopes))["name"] == "Kiosk, [number]"
        for path in ("/v1/products", "/v1/stores"):
            assert "ann@" not in (await house.call("GET", f"{path}?limit=200", scopes=scopes)).text
    back = {"name": "Mug for [email]", "category": "Cups"}
    written = (await house.call("PUT", "/v1/products/ks-mug", json=back, scopes=("admin",))).json()
    assert (written["name"], written["category"]) == ("Mug for [email]", "Cups")
    assert (await house.get("/v1/products/ks-mug"))["name"] == name
