"""Merge, unmerge, undo, and the queue: what they answer, what holds after them, and who may ask."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.house import House, assert_error, said, sale

pytestmark = pytest.mark.anyio

WHY = {"reason": "The customer said so at the desk."}


async def strangers(house: House, *names: str) -> list[dict[str, Any]]:
    """Customers who share nothing, one sale each; their profiles."""
    profiles = []
    for number, name in enumerate(names, 1):
        own = f"{name}-{uuid4().hex}"
        customer = {"external_id": own, "given_name": name, "email": f"{own}@example.com"}
        await house.send(said(f"c-{own}", **customer), sale(own, 100 * number, customer={"external_id": own}))
        profiles.append(await house.one(external_id=own))
    return profiles


async def post(house: House, path: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = await house.call("POST", path, json=body, **options)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_merge_makes_one_profile_whose_figures_are_the_sum(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    ids = [ann["id"], bob["id"]]
    seen = await post(house, "/v1/profiles/merge", {"ids": ids, "preview": True, **WHY})
    assert seen["preview"] is True
    assert seen["decision_ids"] == []
    assert {one["id"] for one in seen["before"]} == set(ids)
    (after,) = seen["after"]
    assert (after["orders"], after["spend_minor"]) == (2, {"GBP": 300})
    assert (await house.get(f"/v1/profiles/{ids[1]}"))["id"] == ids[1]  # a preview changes nothing
    done = await post(house, "/v1/profiles/merge", {"ids": ids, **WHY})
    assert done["profile_ids"] == [after["id"]]
    assert done["after"] == [after]
    for one in ids:
        merged = await house.get(f"/v1/profiles/{one}")
        assert merged["id"] == after["id"]
        assert merged["metrics"]["spend_minor"] == {"GBP": 300}
        assert {i["value"] for i in merged["identifiers"]} == {
            i["value"] for side in (ann, bob) for i in side["identifiers"]
        }


async def test_an_undo_gives_back_what_was_and_can_be_undone(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    merged = await post(house, "/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], **WHY})
    (merge,) = merged["decision_ids"]
    undone = await post(house, f"/v1/identity/decisions/{merge}/undo", WHY)
    for one in (ann, bob):
        assert await house.get(f"/v1/profiles/{one['id']}") == one
    again = await post(house, f"/v1/identity/decisions/{undone['decision_ids'][0]}/undo", WHY)
    assert again["profile_ids"] == merged["profile_ids"]
    assert_error(await house.call("POST", f"/v1/identity/decisions/{merge}/undo", json=WHY), 409, "overtaken")
    made = (await house.get("/v1/identity/decisions", params={"profile_id": bob["id"]}))["data"]
    assert [(one["verb"], one["holds"], one["undoes"]) for one in made] == [
        ("merged", True, undone["decision_ids"][0]),
        ("withdrawn", False, merge),
        ("merged", False, None),
    ]
