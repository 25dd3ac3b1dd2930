"""What can be read of one person: timeline, explanation, export; and that they can be erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.house import NOW, House, assert_error, said, sale

pytestmark = pytest.mark.anyio


async def test_the_timeline_is_in_business_time_and_pages(house: House) -> None:
    events = [sale(f"T-{n}", customer={"external_id": "t"}, at=NOW - timedelta(hours=n)) for n in range(1, 6)]
    await house.send(*reversed(events[:3]), *events[3:])
    await house.send(
        {
            "id": "t-page", "type": "page.viewed", "occurred_at": (NOW - timedelta(minutes=90)).isoformat(),
            "customer": {"external_id": "t"}, "properties": {"path": "/coffee"},
        }
    )  # fmt: skip
    profile = await house.one(external_id="t")
    path = f"/v1/profiles/{profile['id']}/timeline"
    whole = [entry["id"] for entry in (await house.get(path))["data"]]
    assert whole == ["sale-T-1", "t-page", "sale-T-2", "sale-T-3", "sale-T-4", "sale-T-5"]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await house.get(path, params={"limit": 4, **cursor})
        seen += [entry["id"] for entry in page["data"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == whole
    views = await house.get(path, params={"types": "page"})
    assert [(one["type"], one["source"], one["event"]["properties"]) for one in views["data"]] == [
        ("page.viewed", "tills", {"path": "/coffee"})
    ]
    early = await house.get(
        path, params={"before": (NOW - timedelta(hours=3)).isoformat(), "types": "sale.completed"}
    )
    assert [entry["id"] for entry in early["data"]] == ["sale-T-4", "sale-T-5"]


@pytest.mark.parametrize(
    "query", ["types=", "types=" + "a," * 30, "before=yesterday", "cursor=AAAA", "limit=1000"]
)
async def test_a_timeline_refuses_what_it_cannot_read(house: House, query: str) -> None:
    assert_error(await house.call("GET", f"/v1/profiles/{'0' * 32}/timeline?{query}"), 400)


PERSON: dict[str, Any] = {
    "external_id": "p-1", "email": "petra.pan@example.com", "phone": "+44 20 7946 0321", "given_name": "Petra",
    "family_name": "Pan", "birth_date": "1980-01-02", "address": {"city": "London"}, "traits": {"size": "M"},
}  # fmt: skip


async def test_an_export_holds_everything_and_an_erasure_leaves_nothing(house: House) -> None:
    await house.send(
        said("p-1", **PERSON),
        said("p-0", external_id="p-1", email="petra.old@example.com", at=NOW - timedelta(days=9)),
        sale("P-1", customer={"external_id": "p-1"}),
        {
            "id": "p-yes", "type": "consent.given", "occurred_at": NOW.isoformat(), "customer": {"external_id": "p-1"},
            "consent": {"channel": "email", "address": "petra.pan@example.com"},
        },
        {"id": "p-bad", "type": "nonsense", "customer": {"email": "petra.pan@example.com"}},
    )  # fmt: skip
    profile = await house.one(external_id="p-1")
    path = f"/v1/profiles/{profile['id']}"
    answer = await house.call("GET", f"{path}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["profile"] == profile
    (record,) = told["records"]
    assert record["fields"] == {
        "given_name": "Petra", "family_name": "Pan", "birth_date": "1980-01-02", "address": {"city": "London"},
        "traits.size": "M",
    }  # fmt: skip
    emails = {one["value"]: one["current"] for one in record["identifiers"] if one["kind"] == "email"}
    assert emails == {"petra.pan@example.com": True, "petra.old@example.com": False}
    assert [(one["channel"], one["status"], one["address"]) for one in told["consents"]] == [
        ("email", "granted", "petra.pan@example.com")
    ]
    assert [(one["receipt"], one["total_minor"], len(one["lines"])) for one in told["receipts"]] == [
        ("P-1", 899, 1)
    ]
    assert {one["id"] for one in told["events"]} == {"p-1", "p-0", "sale-P-1", "p-yes"}
    assert [one["message"]["id"] for one in told["rejected"]] == ["p-bad"]

    erased = await house.call("POST", f"{path}/erase", json={"reason": "request"})
    assert erased.status_code == 200, erased.text
    proof = erased.json()
    assert proof["proof"]["records"] == 1
    assert not [word for word in ("petra", "Petra", "Pan", "0321") if word in erased.text]
    for by in (
        {"email": "petra.pan@example.com"},
        {"external_id": "p-1"},
        {"name": "petra"},
        {"receipt": "P-1"},
    ):
        assert await house.find(**by) == []
    for tail in ("", "/timeline", "/explain", "/export"):
        assert_error(await house.call("GET", path + tail), 404)
    assert_error(await house.call("POST", f"{path}/erase"), 404)
    await house.send(said("p-1-again", **PERSON))
    assert await house.find(email="petra.pan@example.com") == []
    register = house.store.home / "erasures" / "register.jsonl"
    assert proof["erasure_id"] in register.read_text()
    assert register.stat().st_mode & 0o777 == 0o600
    actions = [line["action"] for line in (await house.get("/v1/audit"))["data"]]
    assert {"customer.exported", "customer.erased"} <= set(actions)


async def test_an_erasure_is_repeated_under_its_key_with_the_same_proof(house: House) -> None:
    await house.send(said("q-1", external_id="q-1", email="quinn@example.com"))
    profile = await house.one(external_id="q-1")
    headers = {"idempotency-key": "erase-quinn"}
    path = f"/v1/profiles/{profile['id']}/erase"
    first = await house.call("POST", path, headers=headers)
    again = await house.call("POST", path, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_the_proof_names_the_vendors_where_more_is_to_be_cleared(house: House) -> None:
    await house.sources.create(
        house.workspace_id, "till-vendor", kind="square", secrets={"signature_key": "k", "access_token": "t"}
    )
    await house.send(said("v-1", external_id="v-1", email="vera@example.com"), source="till-vendor")
    profile = await house.one(external_id="v-1")
    proof = (await house.call("POST", f"/v1/profiles/{profile['id']}/erase", json={})).json()
    assert [one["source"] for one in proof["elsewhere"]] == ["till-vendor"]
    assert proof["elsewhere"][0]["note"]
