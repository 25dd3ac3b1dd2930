"""Reports over HTTP: the figures of the events sent, for keys that may read reports, with nobody's name in them."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.store.rollup import Rollup
from tests.api.house import House, assert_error

pytestmark = pytest.mark.anyio

READ = ("reports:read",)
SPAN = {"from": "2026-10-01", "to": "2026-10-31"}


def sale(number: str, day: int, minor: int, **more: Any) -> dict[str, Any]:
    said = {"receipt": number, "currency": more.pop("currency", "GBP"), "total_minor": minor}
    line = {"sku": "S", "category": "Tea", "quantity": "2", "total_minor": minor}
    said["lines"] = [line]
    at = f"2026-10-{day:02d}T10:00:00Z"
    return {"id": f"rep-{number}", "type": "sale.completed", "occurred_at": at, "sale": said} | more


@pytest.fixture(scope="module")
async def told(house: House) -> House:
    """A house with five sales and a return."""
    anna = {"code": "rep-anna", "given_name": "Annabella", "family_name": "Quackenbush"}
    await house.send(
        sale("1", 1, 1000, store="rep-a", staff="rep-anna", channel="store", customer={"email": "x@example.com"}),
        sale("2", 1, 500, store="rep-a", channel="store"),
        sale("3", 2, 250, store="rep-b", staff="rep-anna", channel="store"),
        sale("4", 3, 800, channel="online"),
        sale("5", 3, 9000, store="rep-b", currency="SEK"),
        {
            "id": "rep-back", "type": "sale.refunded", "occurred_at": "2026-10-05T10:00:00Z", "store": "rep-a",
            "sale": {"receipt": "b", "original_receipt": "1", "currency": "GBP", "total_minor": 300},
        },
        {"id": "rep-staff", "type": "staff.updated", "occurred_at": "2026-10-01T10:00:00Z", "staff_details": anna},
    )  # fmt: skip
    Rollup(house.database, house.workspace_id).settle()
    return house


async def test_sales_are_told_by_period_channel_and_category(told: House) -> None:
    found = await told.get("/v1/reports/sales", scopes=READ, params=SPAN)
    assert (found["currency"], found["days"]) == ("GBP", SPAN)
    assert found["currencies"] == [
        {"currency": "GBP", "net_minor": 2250},
        {"currency": "SEK", "net_minor": 9000},
    ]
    total = found["total"]
    assert (total["orders"], total["returns"], total["items"]) == (4, 1, 8)
    assert (total["paid_minor"], total["returned_minor"], total["net_minor"]) == (2550, 300, 2250)
    assert (total["identified_orders"], total["identified_net_minor"], total["member_orders"]) == (1, 700, 1)
    assert total["average_order_minor"] == 638
    days = {
        one["from"]: one["figures"]["net_minor"] for one in found["periods"] if one["figures"]["net_minor"]
    }
    assert days == {"2026-10-01": 1500, "2026-10-02": 250, "2026-10-03": 800, "2026-10-05": -300}
    channels = {one["name"]: one["figures"]["net_minor"] for one in found["channels"]}
    assert channels == {"store": 1750, "online": 800, "": -300}
    assert found["categories"][0]["name"] == "Tea"
    assert found["compared_days"] == {"from": "2026-08-31", "to": "2026-09-30"}
    assert found["as_of"] is not None


async def test_stores_and_staff_stand_by_their_codes(told: House) -> None:
    stores = await told.get("/v1/reports/stores", scopes=READ, params=SPAN)
    assert {one["name"]: one["figures"]["net_minor"] for one in stores["lines"]} == {
        "rep-a": 1200,
        "": 800,
        "rep-b": 250,
    }
    answer = await told.call("GET", "/v1/reports/staff", scopes=READ, params=SPAN)
    assert {one["name"]: one["figures"]["orders"] for one in answer.json()["lines"]} == {"": 2, "rep-anna": 2}
    assert "Annabella" not in answer.text


async def test_one_store_or_another_currency_can_be_asked_for(told: House) -> None:
    one = await told.get("/v1/reports/sales", scopes=READ, params=SPAN | {"store": "rep-a", "step": "month"})
    assert [period["figures"]["net_minor"] for period in one["periods"]] == [1200]
    other = await told.get(
        "/v1/reports/staff", scopes=READ, params=SPAN | {"currency": "SEK", "compare": "none"}
    )
    assert (other["total"]["net_minor"], other["compared"], other["compared_days"]) == (9000, None, None)
    assert_error(await told.call("GET", "/v1/reports/stores", scopes=READ, params={"store": "nowhere"}), 404)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "x"}, "from"),
        ({"span": "9d"}, "span"),
        ({"compare": "me"}, "compare"),
        ({"currency": "p"}, "currency"),
    ],
)
async def test_bad_input_names_the_field(house: House, params: dict[str, str], field: str) -> None:
    for kind in ("sales", "stores", "staff"):
        answer = await house.call("GET", f"/v1/reports/{kind}", scopes=READ, params=params)
        assert answer.status_code in (400, 422)
        assert answer.json()["field"] == field


async def test_another_workspace_has_figures_of_its_own(told: House) -> None:
    key = await told.key(*READ, workspace_id=told.neighbour())
    found = (await told.call("GET", "/v1/reports/sales", key=key, params=SPAN)).json()
    assert (found["currency"], found["total"]["orders"]) == (None, 0)
