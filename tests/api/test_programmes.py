"""Loyalty programmes over HTTP: drafted, compared with what holds, published, and listed with who and why."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.console.services.programmes import shipped_text
from tests.api.house import House, assert_error, said

pytestmark = pytest.mark.anyio
PATH = "/v1/programmes"
DOUBLE = shipped_text().replace("EUR = { per_minor = 100 }", "EUR = { per_minor = 100, points = 2 }", 1)


async def drafted(house: House, content: str | None = None) -> str:
    """The address of a programme drafted now."""
    answer = await house.call("POST", PATH, json={"content": content or shipped_text()})
    assert answer.status_code == 201, answer.text
    return f"{PATH}/{answer.json()['programme']['number']}"


async def publish(house: House, where: str, **more: Any) -> dict[str, Any]:
    """Put its draft in force; the version."""
    answer = await house.call("POST", f"{where}/publish", json={"reason": "To begin."} | more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_programme_is_drafted_published_and_its_next_draft_compared(house: House) -> None:
    where = await drafted(house)
    assert_error(await house.call("GET", f"{where}/versions/live"), 404)
    assert (await house.get(where))["live"] is None
    assert (await house.get(f"{where}/comparison"))["against"] is None
    version = await publish(house, where)
    assert (version["version"], version["reason"]) == (1, "To begin.")
    held = await house.get(f"{where}/versions/live")
    assert held["content"] == shipped_text()
    assert "The programme is called Regulars Club." in held["sentences"]

    changed = await house.call("PUT", f"{where}/draft", json={"content": DOUBLE})
    assert changed.status_code == 200, changed.text
    compared = await house.get(f"{where}/comparison")
    assert compared["against"] == 1
    (change,) = compared["changes"]
    assert (change["about"], change["kind"]) == ("currencies.EUR", "changed")
    assert change["after"][0].startswith("Spending earns 2 points for EUR 1.00")

    later = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    assert (await publish(house, where, effective_from=later))["version"] == 2
    one = await house.get(where)
    assert (one["live"], one["next_from"] is not None) == (1, True)
    listed = (await house.get(f"{where}/versions"))["data"]
    assert [entry["version"] for entry in listed] == [0, 2, 1]
    lines = (
        await house.get("/v1/audit", params={"object": where.rpartition("/")[2].join(("programme:", ""))})
    )["data"]
    assert [line["action"] for line in reversed(lines)] == [
        "programme.drafted",
        "programme.published",
        "programme.drafted",
        "programme.published",
    ]


async def test_what_should_be_looked_at_is_told_and_does_not_stop_anything(house: House) -> None:
    silent = shipped_text().replace("reminder_days = [30, 7]\n", "")
    answer = await house.call("POST", PATH, json={"content": silent})
    assert [fault["field"] for fault in answer.json()["faults"]] == ["point[0].reminder_days"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("name = ", None),
        (shipped_text().replace("[cycle]", "[cycles]"), None),
        (shipped_text().replace('policy = "months"', 'policy = "never"'), "point[0].expiry.months"),
        (shipped_text().replace("threshold = 100_000", "threshold = 1"), "tier[2].threshold"),
    ],
    ids=["no TOML", "unknown table", "what never ends has no months", "tiers out of order"],
)
async def test_what_is_no_programme_is_refused_with_the_place(
    house: House, content: str, field: str | None
) -> None:
    where = await drafted(house)
    for method, path in (("POST", PATH), ("PUT", f"{where}/draft")):
        answer = await house.call(method, path, json={"content": content})
        assert assert_error(answer, 400, "invalid_programme").get("field") == field


async def test_what_cannot_be_published_is_refused_with_the_field(house: House) -> None:
    where = await drafted(house)
    await publish(house, where, effective_from="2020-01-01T00:00:00Z")
    for body, field in (
        ({"reason": "Late.", "effective_from": "2020-01-01T00:00:00Z"}, "effective_from"),
        ({"reason": "Odd.", "effective_from": "2030-01-01T00:00:00"}, "effective_from"),
        ({"reason": " "}, "reason"),
        ({"reason": ""}, "reason"),
    ):
        answer = await house.call("POST", f"{where}/publish", json=body)
        assert assert_error(answer, 400)["field"] == field
    assert (await house.get(where))["live"] == 1
    for path in (f"{PATH}/999", f"{PATH}/99999", f"{where}/versions/9"):
        assert_error(await house.call("GET", path), 404)
    assert_error(await house.call("GET", f"{PATH}/x"), 400)


async def test_a_basket_is_tried_with_the_reason_of_each_point(house: House) -> None:
    where = await drafted(
        house, shipped_text().replace('who = "enrolled"\nsales_before_days = 14', 'who = "known"')
    )
    await publish(house, where)
    body = {"currency": "GBP", "lines": [{"sku": "A", "total_minor": 1_550}], "tier": "silver"}
    tried = (await house.call("POST", f"{where}/simulate", json=body)).json()
    (grant,) = tried["draft"]["grants"]
    assert (grant["rule"], grant["points"], grant["lines"]) == ("base", 19, [{"line_id": "#1", "points": 19}])
    assert "Rule base gives points." in grant["because"]
    assert "Multiplier silver gives 125 percent of the points." in grant["multiplied"]
    assert (tried["live"], tried["version"]) == (tried["draft"], 1)

    customer = str((await house.send(said("s-1", external_id="s-1")))[0].profile_id)
    mine = body | {"customer": customer, "tier": None}
    assert_error(await house.call("POST", f"{where}/simulate", scopes=("admin",), json=mine), 403)
    scopes = ("admin", "profiles:read")
    answer = await house.call("POST", f"{where}/simulate", scopes=scopes, json=mine)
    assert answer.json()["draft"]["tier"] == "base"
    for bad, status, field in (
        (body | {"customer": "0" * 32}, 404, "customer"),
        (body | {"tier": "platin"}, 400, "tier"),
        (body | {"lines": []}, 400, "lines"),
        (body | {"lines": [{"quantity": "1.1234567", "total_minor": 1}]}, 400, "lines[0].quantity"),
    ):
        assert assert_error(await house.call("POST", f"{where}/simulate", json=bad), status)["field"] == field


async def test_sales_are_counted_under_a_draft(house: House) -> None:
    where = await drafted(
        house, shipped_text().replace('who = "enrolled"\nsales_before_days = 14', 'who = "known"')
    )
    path = f"{where}/simulate/sales"
    assert_error(await house.call("GET", path), 404)
    assert_error(await house.call("POST", path, json={"days": 0}), 400)
    begun = await house.call("POST", path, json={"days": 30})
    assert begun.status_code == 202, begun.text
    async with asyncio.timeout(60):
        while (run := await house.get(path))["found"] is None:
            assert run["fault"] is None
            await asyncio.sleep(0.05)
    assert (run["days"], run["share"], run["found"]["live"]) == (30, 1.0, None)
    assert run["found"]["draft"]["tiers"][0]["tier"] == "base"
