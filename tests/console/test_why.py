"""Why a figure is what it is: the receipts on the page come to it, for those who may see them."""

from __future__ import annotations

import re

import httpx
import pytest

from regulars.console.accounts import Role
from tests.console.stage import Stage, sale

FIGURES = ("spend", "orders", "average", "last", "cadence")


def customer(guest: httpx.Client, query: str = "ada") -> str:
    found = re.search(r'href="(/customers/[0-9a-f]{32})"', guest.get(f"/customers?q={query}").text)
    assert found is not None
    return found[1]


def test_every_figure_comes_from_receipts_and_agrees(stage: Stage) -> None:
    stage.send(*(sale(f"R-{n}", loyalty_card="L1", given_name="Ada") for n in range(30)))
    guest = stage.client()
    base = customer(guest)
    for figure in FIGURES:
        page = guest.get(f"{base}/why/{figure}")
        assert page.status_code == 200
        assert "The receipts come to this" in page.text
        assert page.text.count("<tr>") == 1 + 25
        older = re.search(r'href="([^"]+)"[^>]*rel="next"', page.text)
        assert older is not None
        rest = guest.get(older[1].replace("&amp;", "&")).text
        assert rest.count("<tr>") == 1 + 5
    assert "£269.70" in guest.get(f"{base}/why/spend").text
    assert "£269.70 ÷ 30 sales" in guest.get(f"{base}/why/average").text
    assert f'href="{base}/why/spend"' in guest.get(base).text


@pytest.mark.parametrize(("role", "spend"), [("owner", 200), ("marketer", 200), ("associate", 403)])
def test_what_a_customer_spent_is_explained_to_those_only_who_see_it(
    stage: Stage, role: Role, spend: int
) -> None:
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada"))
    email = f"{role}@shops.example"
    stage.add_account(email, role)
    guest = stage.client(email=email)
    base = customer(guest)
    assert [guest.get(f"{base}/why/{figure}").status_code for figure in FIGURES] == [
        spend,
        200,
        spend,
        200,
        200,
    ]
    assert (f'href="{base}/why/spend"' in guest.get(base).text) == (spend == 200)


def test_a_figure_or_customer_that_is_not_there_is_not_found(stage: Stage) -> None:
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada"))
    guest = stage.client()
    assert guest.get(f"{customer(guest)}/why/colour").status_code == 404
    assert guest.get(f"/customers/{'0' * 32}/why/spend").status_code == 404
    assert guest.get(f"{customer(guest)}/why/spend?page=nonsense").status_code == 400
