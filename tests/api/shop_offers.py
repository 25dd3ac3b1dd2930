"""Promotions for tests of the till: written down, activated, quoted."""

from __future__ import annotations

from typing import Any

from tests.api.house import House

ADMIN = ("admin",)


def text(id_: str, effect: str = 'kind = "percentage"\noff_bp = 1000', more: str = "") -> str:
    """A promotion as TOML."""
    return f'id = "{id_}"\nname = "{id_.title()}"\ncurrency = "GBP"\n{more}\n[effect]\n{effect}\n'


async def draft(house: House, content: str) -> dict[str, Any]:
    """Keep a draft."""
    answer = await house.call("POST", "/v1/promotions", scopes=ADMIN, json={"content": content})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def act(house: House, promotion: str, verb: str, **body: Any) -> dict[str, Any]:
    """Activate, pause or end one."""
    answer = await house.call("POST", f"/v1/promotions/{promotion}/{verb}", scopes=ADMIN, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def run(house: House, content: str) -> str:
    """Draft and activate; the id."""
    made = str((await draft(house, content))["promotion"]["id"])
    await act(house, made, "activate")
    return made


def line(line_id: str = "1", sku: str = "TEA", price: int = 450, **more: Any) -> dict[str, Any]:
    """A line of a basket."""
    return {"line_id": line_id, "sku": sku, "qty": 1, "unit_price_minor": price, **more}


def basket(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A basket in pounds."""
    return {"currency": "GBP", "store": "s1", "till": "1", "lines": list(lines or [line()]), **more}


async def quote(house: House, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A quote that must work."""
    answer = await house.call("POST", "/v1/quotes", scopes=("till",), json=basket(*lines, **more))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
