"""The report of points owed over the API: what is there, whose it is, and what it says of a shop without a programme."""

from __future__ import annotations

import pytest

from regulars.store.workspaces import add_workspace
from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House, assert_error
from tests.api.till import Till, publish

pytestmark = pytest.mark.anyio
PATH = "/v1/reports/loyalty"


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house)
    return Till(house)


async def test_the_report_adds_up_and_agrees_with_the_lots(till: Till) -> None:
    member = await till.enrol()
    await till.sell(50_000, member_id=member)
    await till.command(ADJUSTED, member, amount=40, reason="Sorry.")
    held = await till.post("/v1/holds", {"member_id": member, "amount": 100})
    await till.post(f"/v1/holds/{held['id']}/capture", {})
    answer = await till.house.call("GET", PATH, scopes=("reports:read",))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["programme"], told["point"], told["ledger_off"]) == (1, "points", 0)
    assert (told["issued"], told["redeemed"], told["outstanding"]) == (540, 100, 440)
    assert {one["kind"] for one in told["totals"]} == {"revenue", "cost"}
    for one in (*told["totals"], *told["cohorts"]):
        moved = one["movement"]
        parts = ("opening_minor", "issued_minor", "redeemed_minor", "estimate_minor", "expired_minor")
        assert sum(moved[name] for name in parts) == moved["closing_minor"]
    other = add_workspace(till.house.database, "owed-elsewhere")
    key = await till.house.key("reports:read", workspace_id=other)
    theirs = await till.house.client.get(PATH, headers={"authorization": f"Bearer {key}"})
    assert (theirs.json()["programme"], theirs.json()["totals"]) == (None, [])


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [({"from": "x"}, 400, "from"), ({"to": "2999-01-01"}, 400, "to"), ({"programme": "9"}, 404, "programme")],
)
async def test_what_cannot_be_is_named(till: Till, asked: dict[str, str], status: int, field: str) -> None:
    answer = await till.house.call("GET", PATH, scopes=("reports:read",), params=asked)
    assert answer.status_code == status
    assert answer.json()["field"] == field


async def test_another_scope_does_not_open_it(till: Till) -> None:
    assert_error(await till.house.call("GET", PATH, scopes=("till",)), 403, "forbidden")
