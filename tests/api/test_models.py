"""Matching models over HTTP: kept, previewed beside the engine, put to work, taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from regulars.engine.identity_memory import shipped_text
from tests.api.house import House, assert_error, said

pytestmark = pytest.mark.anyio
MODELS = "/v1/identity/models"
STRICT = shipped_text().replace("link = ", "link = 30 #").replace("review = ", "review = 8 #")
JANE = {"given_name": "Jane", "family_name": "Doe", "email": "jane@example.com"}


async def add(house: House, content: str = STRICT) -> int:
    added = await house.call("POST", MODELS, scopes=("admin",), json={"content": content})
    assert added.status_code == 201, added.text
    return int(added.json()["number"])


async def looked_at(house: House, number: int) -> dict[str, Any]:
    """The preview of a model, once it is there."""
    path = f"{MODELS}/{number}/preview"
    answer = await house.call("POST", path)
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(60):
        while True:
            look: dict[str, Any] = await house.get(path)
            if look["preview"] or look["fault"]:
                return look
            await asyncio.sleep(0.05)


async def test_a_model_is_kept_previewed_put_to_work_and_taken_back(house: House) -> None:
    await house.send(said("1", external_id="m1", **JANE), said("2", external_id="m2", **JANE))
    before = (await house.get(MODELS))["at_work"]["number"]
    number = await add(house)
    opened = await house.get(f"{MODELS}/{number}")
    assert opened["content"] == STRICT
    assert (opened["model"]["name"], opened["model"]["at_work"]) == ("retail", False)

    assert_error(await house.call("GET", f"{MODELS}/{number}/preview"), 404)
    look = await looked_at(house, number)
    assert look["fault"] is None
    assert look["preview"]["splits"] >= 1
    assert "J. D." in {
        one["initials"] for example in look["preview"]["examples"] for one in example["before"]
    }

    promoted = await house.call("POST", f"{MODELS}/{number}/promote", json={"reason": "fewer doubts"})
    assert promoted.status_code == 200, promoted.text
    assert promoted.json() == {"number": number, "progress": 0.0}
    back = await house.call("POST", "/v1/identity/rollback", json={"reason": "too few"})
    assert back.json()["number"] == before
    lines = (await house.get("/v1/audit", params={"object": f"model:{number}"}))["data"]
    assert [(line["action"], line["details"].get("reason")) for line in reversed(lines)] == [
        ("model.added", None),
        ("model.promoted", "fewer doubts"),
    ]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("name = ", None),
        (STRICT.replace("[prior]", "[priors]"), None),
        (STRICT.replace('"given_name", ', '"shoe", ', 1), "comparison[0].fields"),
        (STRICT.replace("keep = 0.0", 'keep = "x"'), "cluster.keep"),
    ],
    ids=["no TOML", "unknown table", "unknown field", "wrong type"],
)
async def test_a_model_that_is_none_is_refused_with_the_place(
    house: House, content: str, field: str | None
) -> None:
    answer = await house.call("POST", MODELS, json={"content": content})
    assert assert_error(answer, 400, "invalid_model").get("field") == field


async def test_the_model_at_work_cannot_be_put_to_work_again(house: House) -> None:
    number = (await house.get(MODELS))["at_work"]["number"]
    answer = await house.call("POST", f"{MODELS}/{number}/promote", json={"reason": "again"})
    assert_error(answer, 409)
    for reason in ("", " "):
        refused = await house.call("POST", f"{MODELS}/{await add(house)}/promote", json={"reason": reason})
        assert assert_error(refused, 400)["field"] == "reason"


async def test_a_value_of_too_many_is_listed_masked_and_in_clear_to_those_who_may_see_it(
    house: House,
) -> None:
    people = [
        said(
            f"g{n}",
            external_id=f"g{n}",
            given_name=name,
            birth_date=f"19{60 + n}-03-04",
            email="shop@example.org",
        )
        for n, name in enumerate(("Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal"))
    ]
    await house.send(*people)
    path = "/v1/identity/generic-values"
    masked = await house.get(path, scopes=("admin",))
    assert ("email", "s•••@example.org") in {(one["kind"], one["value"]) for one in masked["data"]}
    clear = await house.get(path, scopes=("admin", "pii:read"))
    found = {one["value"]: (one["people"], one["records"]) for one in clear["data"]}
    assert found["shop@example.org"][0] > 6
