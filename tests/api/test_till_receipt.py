"""The receipt of a sale over the API: three formats, what earned, whose sale it is, and what is masked."""

from __future__ import annotations

import httpx
import pytest

from regulars.vocabulary.events import ADJUSTED
from tests.api.house import House, assert_error
from tests.api.till import PROGRAMME, Till, publish
from tests.fresh import fresh

pytestmark = pytest.mark.anyio
REWARD = """
[[reward]]
code = "mug"
name = "A mug"
point = "points"
points = 200
kind = "product"
sku = "MUG-1"
"""


@pytest.fixture(scope="module")
async def till(house: House) -> Till:
    await publish(house, PROGRAMME + REWARD)
    return Till(house)


async def member(till: Till) -> str:
    """A member with a card and 100 points."""
    found = await till.enrol(loyalty_card=f"L-{fresh()[:8]}7761", given_name="Ann")
    await till.command(ADJUSTED, found, amount=100, reason="To spend.")
    return found


async def receipt(till: Till, sale_id: str, **asked: str) -> httpx.Response:
    return await till.call("GET", f"/v1/sales/{sale_id}/receipt", params=asked)


def lines(text: str) -> list[str]:
    """Lines with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines()]


async def sold(till: Till, who: str) -> str:
    """25.00, of which 0.50 were paid with points."""
    held = await till.post("/v1/holds", {"member_id": who, "amount": 50})
    told = await till.sell(
        2_500,
        member_id=who,
        holds=[{"id": held["id"]}],
        tenders=[{"kind": "points", "amount_minor": 50}, {"kind": "card", "amount_minor": 2_450}],
        receipt=f"R-{fresh()[:6]}<b>",
    )
    return str(told["sale_id"])


async def test_the_text_has_42_columns_and_states_what_earned(till: Till) -> None:
    answer = await receipt(till, await sold(till, await member(till)))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert max(map(len, answer.text.splitlines())) <= 42
    shown = lines(answer.text)
    for line in ("Total £25.00", "Paid with points £0.50", "Card payment £24.50", "Points before 100", "Earned +24",
                 "on £24.50 of this sale", "Used -50", "Points now 74", "Worth £0.74", "Card •••• 7761 Base",
                 "Next reward: A mug", "126 more points needed"):  # fmt: skip
        assert line in shown, line


async def test_the_page_runs_and_loads_nothing_and_the_printer_gets_bytes(till: Till) -> None:
    sale_id = await sold(till, await member(till))
    page = await receipt(till, sale_id, format="html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "&lt;b&gt;" in page.text
    for there in ("<script", "src=", "href="):
        assert there not in page.text
    printed = await receipt(till, sale_id, format="escpos")
    assert printed.headers["content-type"] == "application/octet-stream"
    assert printed.content.startswith(b"\x1b@")
    assert b"Total" in printed.content
    assert "Puntos" in (await receipt(till, sale_id, language="es")).text


async def test_points_before_are_left_out_once_something_moved_them(till: Till) -> None:
    who = await member(till)
    sale_id = await sold(till, who)
    await till.command(ADJUSTED, who, amount=6, reason="Sorry.")
    shown = lines((await receipt(till, sale_id)).text)
    assert not [line for line in shown if line.startswith("Points before")]
    assert "Points now 80" in shown
    assert "Earned +24" in shown


async def test_the_receipt_of_a_sale_of_nobody_tells_of_no_points(till: Till) -> None:
    told = await till.sell(1_000)
    assert "Your points" not in (await receipt(till, told["sale_id"])).text


@pytest.mark.parametrize(
    ("asked", "field"), [({"format": "pdf"}, "format"), ({"language": "xx"}, "language")]
)
async def test_what_there_is_not_is_named(till: Till, asked: dict[str, str], field: str) -> None:
    told = await till.sell(1_000)
    error = assert_error(await receipt(till, told["sale_id"], **asked), 400, "invalid_input")
    assert error["field"] == field


async def test_a_sale_of_another_till_system_or_of_nobody_knows_where_is_not_there(till: Till) -> None:
    told = await till.sell(1_000)
    other = Till(till.house, source="elsewhere")
    for path, caller in ((told["sale_id"], other), (fresh(), till), ("x", till)):
        assert_error(await receipt(caller, path), 404, "unknown_sale")
    assert (await receipt(Till(till.house, scopes=("profiles:read",)), told["sale_id"])).status_code == 403
