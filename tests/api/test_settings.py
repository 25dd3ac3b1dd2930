"""Settings of the workspace over HTTP: the same as the page does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.house import House, assert_error

pytestmark = pytest.mark.anyio

CHOSEN = {"name": "Harbour", "time_zone": "Europe/Paris", "region": "fr", "language": "en", "hue": "AA3377"}


async def test_choices_are_kept_told_and_given_up(house: House) -> None:
    first = await house.get("/v1/settings")
    assert first["name"] == {"value": "Regulars", "origin": "default"}
    assert (first["version"], first["changed_at"]) == (0, None)
    kept = await house.call("PUT", "/v1/settings", json={"version": 0, **CHOSEN})
    assert kept.status_code == 200, kept.text
    told = kept.json()
    assert told["region"] == {"value": "FR", "origin": "workspace"}
    assert told["hue"] == {"value": "#aa3377", "origin": "workspace"}
    assert told["version"] == 1
    assert await house.get("/v1/settings") == told
    (line,) = (await house.get("/v1/audit", params={"object": "settings"}))["data"]
    assert line["action"] == "settings.changed"
    assert line["details"]["time_zone"] == {"before": None, "after": "Europe/Paris"}
    assert (await house.call("PUT", "/v1/settings", json={"version": 1, **CHOSEN})).json()["version"] == 1
    assert_error(
        await house.call("PUT", "/v1/settings", json={"version": 0, "name": "x"}), 409, "changed_meanwhile"
    )
    back = (await house.call("PUT", "/v1/settings", json={"version": 1})).json()
    assert {back[name]["origin"] for name in CHOSEN} == {"default"}
    assert back["version"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x" * 81}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"region": "XX"}, "region"),
        ({"language": "tlh"}, "language"),
        ({"hue": "red"}, "hue"),
        ({"hue": "#ffcc00"}, "hue"),
        ({"name": 7}, "name"),
    ],
)
async def test_a_wrong_value_is_refused_by_its_field(house: House, body: dict[str, Any], field: str) -> None:
    version = (await house.get("/v1/settings"))["version"]
    told = assert_error(await house.call("PUT", "/v1/settings", json={"version": version, **body}), 400)
    assert told["field"] == field
    assert (await house.get("/v1/settings"))["version"] == version


async def test_a_workspace_reads_and_writes_its_own(house: House) -> None:
    version = (await house.get("/v1/settings"))["version"]
    await house.call("PUT", "/v1/settings", json={"version": version, "name": "Ours"})
    key = await house.key("admin", workspace_id=house.neighbour())
    theirs = await house.call("GET", "/v1/settings", key=key)
    assert theirs.json()["name"] == {"value": "Regulars", "origin": "default"}
    assert (
        await house.call("PUT", "/v1/settings", key=key, json={"version": 0, "name": "T"})
    ).status_code == 200
    assert (await house.get("/v1/settings"))["name"]["value"] == "Ours"
