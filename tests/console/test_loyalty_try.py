"""The simulator in the console: one basket with the reason of each point, and real sales counted under a draft."""

from __future__ import annotations

from html import unescape
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.services.programmes import shipped_text
from tests.console.stage import Stage, details, sale, token_in
from tests.console.test_loyalty_page import DOUBLE, HOSTILE, begin, published, words
from tests.console.test_matching_page import fill
from tests.console.test_pages import check
from tests.servers import wait_until

GENEROUS = DOUBLE.replace("GBP = { per_minor = 100 }", "GBP = { per_minor = 100, points = 2 }", 1)


@pytest.fixture
def where(visitor: httpx.Client) -> str:
    """The simulator of a programme that holds, whose draft gives twice as much."""
    address = published(visitor)
    fill(visitor, f"{address}/edit", content=GENEROUS)
    return f"{address}/try"


def basket(**more: str) -> dict[str, str]:
    """What is typed into the form of a basket."""
    first = {"line.0.sku": "COF-1", "line.0.total": "15.50", "line.1.sku": "MUG", "line.1.total": "4,50"}
    return {"currency": "GBP", **first, **more}


def test_a_basket_is_tried_by_the_draft_beside_what_holds(visitor: httpx.Client, where: str) -> None:
    check(visitor.get(where))
    page = fill(visitor, where, **basket(tier="gold"))
    check(page)
    said = words(page)
    draft, live = said.partition("By version 1, which holds")[::2]
    assert "60 points" in draft
    assert "30 points" in live
    assert "Rule base gives points." in live
    assert "Multiplier gold gives 150 percent of the points. Only for members of the tiers gold." in live
    assert "Tier credit: £20.00" in live
    assert "1: 23, 2: 7" not in live
    assert "These give nothing for it: birthday" in live


def test_a_basket_of_a_customer_goes_by_their_own_tier(stage: Stage, visitor: httpx.Client) -> None:
    text = (
        shipped_text()
        .replace('who = "enrolled"\nsales_before_days = 14', 'who = "card"')
        .replace("30_000", "900")
    )
    where = f"{published(visitor, text)}/try"
    stage.send(sale("1", total_minor=1_000, loyalty_card="L1", given_name="Ann"))
    stage.send(details("2", external_id="e2", given_name="Bob", email="bob@example.com"))
    page = fill(visitor, where, **basket(customer="L1"))
    assert "Tier silver" in words(page), words(page).partition("By the draft")[2][:900]
    assert "25 points" in words(page)
    page = fill(visitor, where, **basket(customer="bob@example.com"))
    assert "takes no part" in words(page), "Bob has no card"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"line.0.total": "x"}, "An amount is a number above 0"),
        ({"line.0.total": "-3"}, "An amount is a number above 0"),
        ({"line.0.quantity": "0"}, "A quantity is a number above 0"),
        ({"line.0.sku": "", "line.0.total": "", "line.1.sku": "", "line.1.total": ""}, "at least one line"),
        ({"currency": "JPY"}, "serves no such currency"),
        ({"at": "noon"}, "This is no time"),
        ({"tier": "platin"}, "no such tier"),
        ({"customer": "nobody@example.com"}, "No customer was found"),
        ({"store": HOSTILE, "line.0.total": ""}, "An amount is a number above 0"),
    ],
)
def test_what_cannot_be_tried_is_told_at_its_field(
    visitor: httpx.Client, where: str, typed: dict[str, str], told: str
) -> None:
    answer = fill(visitor, where, **basket(**typed))
    assert answer.status_code == 400
    assert told in words(answer)
    assert HOSTILE not in answer.text
    assert 'value="MUG"' in answer.text or "line.1.sku" in typed, "nothing typed is lost"


def test_a_line_more_keeps_what_was_typed(visitor: httpx.Client, where: str) -> None:
    page = fill(visitor, where, **basket(more="1"))
    check(page)
    assert 'value="MUG"' in page.text
    assert 'name="line.2.sku"' in page.text
    assert "By the draft 60" not in words(page)


def test_sales_are_counted_under_the_draft_beside_what_was_given(stage: Stage, visitor: httpx.Client) -> None:
    text = shipped_text().replace('who = "enrolled"\nsales_before_days = 14', 'who = "card"')
    address = published(visitor, text)
    stage.send(sale("1", total_minor=2_000, loyalty_card="L1"), sale("2", total_minor=999, loyalty_card="L2"))
    fill(
        visitor,
        f"{address}/edit",
        content=GENEROUS.replace('who = "enrolled"\nsales_before_days = 14', 'who = "card"'),
    )
    where = f"{address}/try"
    assert fill(visitor, where, f"{where}/sales").status_code == 303
    wait_until(lambda: "Really given" in words(visitor.get(where)))
    page = visitor.get(where)
    check(page)
    said = words(page)
    assert "Members who bought 2 2 –" in said
    assert "Points, less what returns took back 59 29 29" in said, said.partition("As it was")[2][:900]
    assert "Worth, if all are spent £0.59 £0.29" in said
    assert "In tier Base 2 2" in said
    fill(visitor, f"{address}/edit", content=text)
    assert "The draft has changed since" in words(visitor.get(where))


@pytest.mark.parametrize("role", get_args(Role))
def test_marketers_and_owners_try_and_nobody_else(stage: Stage, visitor: httpx.Client, role: Role) -> None:
    where = f"{begin(visitor)}/try"
    stage.add_account("one@example.com", role, "One")
    client = stage.client(email="one@example.com")
    may = role in ("owner", "marketer")
    token = token_in(client.get("/account").text)
    assert client.get(where).status_code == (200 if may else 403)
    assert client.post(where, data={"csrf": token, **basket()}).status_code == (200 if may else 403)
    assert client.post(f"{where}/sales", data={"csrf": token}).status_code == (303 if may else 403)


def test_a_form_without_its_token_tries_nothing(visitor: httpx.Client, where: str) -> None:
    assert visitor.post(where, data=basket()).status_code == 403
    assert visitor.post(f"{where}/sales").status_code == 403
    assert "Counting" not in unescape(visitor.get(where).text)
