"""Promotions over HTTP: drafted, linted, activated at a date, paused and ended, each change with its audit line."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from regulars.engine.turn import utc_now
from regulars.store.workspaces import add_workspace
from tests.api.house import House, assert_error
from tests.api.shop_offers import ADMIN, act, draft, quote, run, text

pytestmark = pytest.mark.anyio


async def test_a_promotion_is_drafted_changed_activated_paused_and_ended(house: House) -> None:
    made = await draft(house, text("autumn"))
    assert (made["promotion"]["state"], made["promotion"]["version"], made["faults"]) == ("draft", 1, [])
    assert (await quote(house))["applied"] == []
    path = "/v1/promotions/autumn"
    body = {"content": text("autumn", 'kind = "percentage"\noff_bp = 2000')}
    changed = (await house.call("PUT", path, scopes=ADMIN, json=body)).json()
    again = (await house.call("PUT", path, scopes=ADMIN, json=body)).json()
    assert changed["promotion"]["version"] == again["promotion"]["version"] == 2
    assert (await act(house, "autumn", "activate"))["holds"] == 2
    quoted = await quote(house)
    assert [(one["promotion"], one["version"]) for one in quoted["applied"]] == [("autumn", 2)]
    assert quoted["discount_minor"] == 90
    await house.call("PUT", path, scopes=ADMIN, json={"content": text("autumn")})
    assert (await quote(house))["discount_minor"] == 90, "a change waits until it is activated"
    await act(house, "autumn", "activate")
    assert (await quote(house))["discount_minor"] == 45
    await act(house, "autumn", "pause")
    assert (await quote(house))["applied"] == []
    await act(house, "autumn", "activate")
    assert (await quote(house))["discount_minor"] == 45
    assert (await act(house, "autumn", "end"))["state"] == "ended"
    assert (await quote(house))["applied"] == []
    refused = await house.call("POST", f"{path}/activate", scopes=ADMIN, json={})
    assert_error(refused, 409)
    lines = (await house.get("/v1/audit", params={"object": "promotion:autumn"}))["data"]
    assert [one["action"].removeprefix("promotion.") for one in reversed(lines)] == [
        "drafted", "changed", "activated", "changed", "activated", "paused", "activated", "ended",
    ]  # fmt: skip
    shown = await house.get(path)
    assert [one["version"] for one in shown["versions"]] == [3, 2, 1]


async def test_a_version_begins_when_it_is_said_to(house: House) -> None:
    await draft(house, text("winter"))
    later = utc_now() + timedelta(days=3)
    await act(house, "winter", "activate", at=later.isoformat())
    assert "winter" not in [one["promotion"] for one in (await quote(house))["applied"]]
    then = await quote(house, clock=(later + timedelta(minutes=1)).isoformat())
    assert "winter" in [one["promotion"] for one in then["applied"]]
    past = {"at": (utc_now() - timedelta(days=1)).isoformat()}
    assert (
        assert_error(
            await house.call("POST", "/v1/promotions/winter/activate", scopes=ADMIN, json=past), 400
        )["field"]
        == "at"
    )
    await act(house, "winter", "end")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("id = 1", "id"),
        ("this is nothing", None),
        (text("Upper"), "id"),
        (text("card-4111111111111111"), "id"),
        (text("odd", 'kind = "percentage"\noff_bp = 0'), "effect.off_bp"),
        (text("double", 'kind = "points"\npercent = 200'), "effect.kind"),
    ],
)
async def test_a_text_that_is_no_promotion_is_refused_with_its_place(
    house: House, content: str, field: str | None
) -> None:
    refused = await house.call("POST", "/v1/promotions", scopes=ADMIN, json={"content": content})
    told = assert_error(refused, 400, "invalid_promotion")
    assert told.get("field") == field


async def test_faults_are_told_of_a_draft_and_stand_in_the_way_of_activating_it(house: House) -> None:
    content = 'id = "wrong"\nname = "W"\n[effect]\nkind = "n_for_m"\nbuy = 3\n'
    (fault,) = (await draft(house, content))["faults"]
    assert fault["field"] == "effect.pay"
    refused = await house.call("POST", "/v1/promotions/wrong/activate", scopes=ADMIN, json={})
    assert assert_error(refused, 400, "invalid_promotion")["field"] == "effect.pay"


async def test_a_group_that_runs_keeps_its_mode(house: House) -> None:
    await run(house, text("one", more='group = "alone"'))
    other = await draft(house, text("two", more='group = "alone"\nmode = "exclusive"'))
    assert [one["field"] for one in other["faults"]] == ["mode"]
    await act(house, "one", "end")
    await act(house, "two", "activate")
    await act(house, "two", "end")


async def test_hostile_names_come_back_as_they_are(house: House) -> None:
    content = text("hostile").replace('"Hostile"', '"<script>alert(1)</script>"')
    await draft(house, content)
    shown = await house.get("/v1/promotions/hostile")
    assert shown["promotion"]["name"] == "<script>alert(1)</script>"


async def test_lists_come_in_pages_and_by_state(house: House) -> None:
    for name in ("page-a", "page-b", "page-c"):
        await draft(house, text(name))
    found, cursor = [], None
    while True:
        params = {"limit": 2, "state": "draft"} | ({"cursor": cursor} if cursor else {})
        page = await house.get("/v1/promotions", params=params)
        found += [one["id"] for one in page["data"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sorted(set(found))
    assert {"page-a", "page-b", "page-c"} <= set(found)
    assert {
        one["state"] for one in (await house.get("/v1/promotions", params={"state": "ended"}))["data"]
    } <= {"ended"}


async def test_another_workspace_has_its_own(house: House) -> None:
    await draft(house, text("ours"))
    other = add_workspace(house.database, "other-promotions")
    key = await house.key("admin", workspace_id=other)
    assert (await house.call("GET", "/v1/promotions", key=key)).json()["data"] == []
    assert_error(await house.call("GET", "/v1/promotions/ours", key=key), 404)
    assert_error(await house.call("POST", "/v1/promotions/ours/end", key=key), 404)


async def test_two_at_once_cannot_give_one_group_two_modes(house: House) -> None:
    await draft(house, text("left", more='group = "g"'))
    await draft(house, text("right", more='group = "g"\nmode = "stack"'))
    answers = await asyncio.gather(
        *(
            house.call("POST", f"/v1/promotions/{name}/activate", scopes=ADMIN, json={})
            for name in ("left", "right")
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 400]
    for name in ("left", "right"):
        await act(house, name, "end")
