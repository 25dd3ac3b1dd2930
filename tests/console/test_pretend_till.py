"""The pretend till: any basket for any customer, by the rules of a real sale, with nothing posted."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from regulars.store.workspaces import add_workspace
from tests.console.offered import run
from tests.console.stage import Stage, token_in
from tests.console.store_floor import FRAGMENT, card_path
from tests.console.test_pages import check
from tests.console.test_store_points import jane, words
from tests.members import PROGRAMME, publish

RULES = PROGRAMME.replace("threshold = 10_000", "threshold = 5_000") + (
    '[[earn]]\nid = "coffee"\npoint = "points"\nper = "unit"\npoints = 5\nwhere = { categories = ["Coffee"] }\n'
)


KNOWN = """
name = "Tea Club"
time_zone = "Europe/London"
[members]
who = "known"
[currencies]
GBP = { per_minor = 10 }
[[point]]
code = "leaves"
name = "Leaves"
[[earn]]
id = "all"
point = "leaves"
"""


def product(sku: str, name: str, price: int, category: str = "Coffee") -> dict[str, Any]:
    """A product of the register."""
    return {
        "id": f"p-{sku}",
        "type": "product.updated",
        "occurred_at": "2026-01-02T10:00:00Z",
        "product": {"sku": sku, "name": name, "category": category, "price_minor": price, "currency": "GBP"},
    }


def shelf(stage: Stage) -> None:
    """Three articles, two of which begin alike."""
    stage.send(
        product("COF-9", "Coffee beans", 1_250),
        product("COF-10", "Coffee <script>alert(1)</script>", 900),
        product("TEA-1", "Tea", 400, "Tea"),
    )


def post(client: httpx.Client, path: str = "/store/till", **fields: str) -> httpx.Response:
    token = token_in(client.get("/store/till").text)
    named = {name.replace("_", "."): value for name, value in fields.items()}
    return client.post(path, data={"csrf": token, **named}, headers=FRAGMENT)


def basket(profile: str = "", **more: str) -> dict[str, str]:
    """Two bags of beans and a tea: 29.00."""
    one = {"sku_1": "COF-9", "quantity_1": "2", "price_1": "12.50"}
    return one | {"sku_2": "TEA-1", "quantity_2": "1", "price_2": "4", "profile": profile} | more


def counts(stage: Stage) -> list[tuple[Any, ...]]:
    """How much there is of all that a sale would leave behind."""
    tables = ("event", "sale", "ledger_txn", "loyalty_hold", "loyalty_earning", "audit")
    with stage.database.session(stage.workspace_id) as conn:
        return [(name, conn.execute(f"select count(*) from {name}".encode()).fetchone()) for name in tables]


def figures(page: str) -> dict[str, str]:
    """The list of what a confirm would give."""
    part = page[page.index('id="outcome"') :]
    pairs = re.findall(r"<dt>([^<]*)</dt><dd[^>]*>(.*?)</dd>", part, re.DOTALL)
    return {name: words(text).strip() for name, text in pairs}


def test_a_basket_shows_what_each_rule_gives_and_posts_nothing(stage: Stage, sam: httpx.Client) -> None:
    shelf(stage)
    profile = jane(stage, 1_000, RULES)
    before = counts(stage)
    answer = post(sam, **basket(profile), points="300", do="try")
    assert answer.status_code == 200
    check(answer, whole=False)
    assert "Nothing is posted" in answer.text
    shown = figures(answer.text)
    # 29.00 less 3.00 paid with points earn 26, and two bags 5 each.
    assert shown == {
        "Left to pay": "£26.00", "Points before": "1,000", "Used": "-300", "Earned": "+36", "Points after": "736", "Earns on": "£26.00",
        "Tier": "Base",
    }  # fmt: skip
    assert re.findall(r"<code>(\w+)</code></td><td class=\"end\">([^<]+)<", answer.text) == [
        ("base", "+26"),
        ("coffee", "+10"),
    ]
    assert counts(stage) == before


REWARDS = """
[[reward]]
code = "tea"
name = "A tea <b>"
point = "points"
points = 200
kind = "product"
sku = "TEA-1"
[[reward]]
code = "later"
name = "5 off next time"
point = "points"
points = 300
kind = "voucher"
value_minor = { GBP = 500 }
"""
OFFER = """id = "half"
name = "Half off beans"
currency = "GBP"
stores = ["london-1"]
[products]
skus = ["COF-9"]
[effect]
kind = "n_for_m"
buy = 3
pay = 2
"""


def offer(stage: Stage) -> None:
    """Three bags of beans for two, in one shop."""
    run(stage, OFFER)
    stage.send(
        {
            "id": "st-1",
            "type": "store.updated",
            "occurred_at": "2026-01-02T10:00:00Z",
            "store_details": {"code": "london-1", "name": "London"},
        }
    )


def test_offers_rewards_and_what_is_nearly_reached_are_those_of_a_real_till(
    stage: Stage, sam: httpx.Client
) -> None:
    shelf(stage)
    offer(stage)
    profile = jane(stage, 400, RULES + REWARDS)
    elsewhere = post(sam, **basket(profile, codes="NOPE"))
    check(elsewhere, whole=False)
    text = words(elsewhere.text)
    assert "Half off beans : It does not run in this store." in text
    assert "NOPE : There is no such code." in text
    assert "A tea &lt;b&gt;" in elsewhere.text
    near = words(post(sam, **basket(profile, store="london-1")).text)
    assert "Nearly reached" in near
    assert "1 more item: Half off beans" in near
    three = basket(profile, store="london-1", quantity_1="3")
    told = post(sam, **three, do="reward:tea")
    text = words(told.text)
    assert "Total £25.00" in text, "three bags for two, and the tea for points"
    assert 'name="rewards" value="tea"' in told.text
    before = counts(stage)
    tried = figures(post(sam, **three, rewards="tea", do="try").text)
    assert (tried["Used"], tried["Earned"], tried["Points after"]) == ("-200", "+40", "240")
    assert "A tea" in tried["Rewards"]
    slip = words(post(sam, "/store/till/slip", **three, rewards="tea").text)
    assert "Offer used: A tea" in slip
    assert "£25.00" in slip
    assert 'name="rewards" value=""' in post(sam, **three, rewards="tea", do="reward:tea").text
    both = words(post(sam, **three, rewards="tea later", do="try").text)
    assert "5 off next time : There are not enough points." in both
    assert counts(stage) == before


def test_a_programme_is_chosen_where_there_are_several(stage: Stage, sam: httpx.Client) -> None:
    shelf(stage)
    profile = jane(stage, 0, RULES)
    assert 'name="programme"' not in sam.get("/store/till").text
    publish(stage, KNOWN)
    page = sam.get("/store/till").text
    assert "Tea Club" in page
    assert figures(post(sam, **basket(profile), do="try").text)["Earned"] == "+39"
    other = figures(post(sam, **basket(profile, programme="2"), do="try").text)
    assert (other["Earned"], other["Points after"]) == ("+290", "290")


def test_what_the_trial_says_is_what_the_same_sale_then_does(stage: Stage, sam: httpx.Client) -> None:
    shelf(stage)
    profile = jane(stage, 0, RULES)
    tried = figures(post(sam, **basket(profile, quantity_1="4"), do="try").text)
    event = {
        "id": "real", "type": "sale.completed", "occurred_at": datetime.now(UTC).isoformat(), "store": "london-1",
        "customer": {"loyalty_card": "L0001"},
        "sale": {"receipt": "REAL", "currency": "GBP", "total_minor": 5_400, "lines": [
            {"sku": "COF-9", "category": "Coffee", "quantity": 4, "total_minor": 5_000},
            {"sku": "TEA-1", "category": "Tea", "quantity": 1, "total_minor": 400},
        ]},
    }  # fmt: skip
    (result,) = stage.send(event)
    (told,) = result.loyalty
    assert tried["Points after"] == str(told.points[0].balance) == "74"
    assert told.tier == "gold"
    assert tried["Tier"].startswith("Gold")
    assert "before: Base" in tried["Tier"]


def test_articles_are_found_by_sku_and_by_the_beginning_of_their_name(
    stage: Stage, sam: httpx.Client
) -> None:
    shelf(stage)
    one = post(sam, article="TEA-1")
    assert 'value="TEA-1"' in one.text
    many = post(sam, article="coffee")
    assert many.text.count('value="add:COF-') == 2
    assert "<script>alert" not in many.text
    added = post(sam, do="add:COF-10")
    assert 'name="sku.1" value="COF-10"' in added.text
    assert "<script>alert" not in added.text
    twice = post(sam, **basket(), article="TEA-1")
    assert 'name="quantity.2" inputmode="decimal" maxlength="12" value="2"' in twice.text
    assert "COF-9" not in re.findall(
        r'name="sku.\d" value="([^"]*)"', post(sam, **basket(), do="remove:1").text
    )
    assert post(sam, article="nothing").status_code == 400


def test_a_contact_in_the_name_of_an_article_is_masked_for_who_sees_none(
    stage: Stage, sam: httpx.Client
) -> None:
    stage.send(product("GIFT-1", "Gift for jane@example.com", 500), product("GIFT-2", "Gift", 500))
    for fields in ({"article": "GIFT-1"}, {"article": "gift"}, {"article": "Gift for"}):
        assert "jane@example.com" not in post(sam, **fields).text


def test_a_customer_is_found_by_card_and_one_of_several_is_picked(stage: Stage, sam: httpx.Client) -> None:
    profile = jane(stage)
    assert f'name="profile" value="{profile.replace("-", "")}"' in post(sam, customer="L0001").text
    several = post(sam, customer="Doe").text
    assert several.count('value="customer:') == 2
    assert "Jane Doe" in post(sam, do=f"customer:{profile}").text
    assert 'name="profile" value=""' in post(sam, profile=profile, do="forget").text
    assert "Nobody found" in post(sam, customer="L9999").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"points": "5000", "do": "try"}, "At most 2900 points"),
        ({"points": "1200", "do": "try"}, "Only 100 points are available."),
        ({"points": "-1", "do": "try"}, "Points are a whole number."),
        ({"quantity_1": "0", "do": "try"}, "A quantity is above 0"),
        ({"quantity_1": "x", "do": "try"}, "A quantity is above 0"),
        ({"price_1": "-2", "do": "try"}, "A price is 0 or more."),
        ({"price_1": "x", "do": "try"}, "not an amount"),
    ],
)
def test_what_cannot_be_is_said_and_the_basket_stays(
    stage: Stage, sam: httpx.Client, fields: dict[str, str], said: str
) -> None:
    shelf(stage)
    profile = jane(stage)
    answer = post(sam, **(basket(profile) | fields))
    assert answer.status_code == 400
    assert said in answer.text
    assert 'value="TEA-1"' in answer.text


def test_the_slip_states_what_earned_and_that_nothing_was_sold(stage: Stage, sam: httpx.Client) -> None:
    shelf(stage)
    page = post(sam, "/store/till/slip", **basket(jane(stage, 1_000, RULES)), points="300")
    assert page.status_code == 200
    text = words(page.text)
    for shown in ("Coffee beans", "£29.00", "Points before 1,000", "+36", "on £26.00 of this sale", "Points now 736",
                  "nothing was sold and nothing is posted", "Paid with points £3.00"):  # fmt: skip
        assert shown in text, shown
    nobody = words(post(sam, "/store/till/slip", **basket()).text)
    assert "Your points" not in nobody


def test_the_till_is_for_the_store_and_its_own_workspace_alone(stage: Stage, sam: httpx.Client) -> None:
    assert sam.post("/store/till", data={"article": "x"}).status_code == 403
    assert sam.post("/store/till/slip", data={"sku.1": "x"}).status_code == 403
    stage.add_account("m@example.com", "marketer", "M")
    with closing(stage.client(email="m@example.com")) as client:
        assert client.get("/store/till").status_code == 403
    add_workspace(stage.database, "other")
    assert post(sam, profile="0" * 32).status_code == 404
    assert card_path(sam, "L0001")
