"""Slips of sales in the console: linked from the timeline and the store's screen, for who may see the amounts."""

from __future__ import annotations

import re
from contextlib import closing

import httpx

from tests.console.stage import Stage, token_in
from tests.console.store_floor import card_path
from tests.console.test_pages import check
from tests.console.test_store_points import jane, words
from tests.members import PROGRAMME


def test_a_sale_on_the_timeline_and_in_the_store_leads_to_its_slip(stage: Stage, sam: httpx.Client) -> None:
    jane(stage)
    path = card_path(sam, "L0001")
    store = re.findall(rf'href="({path}/slips/\d+)"', sam.get(path).text)
    assert len(store) == 3
    page = sam.get(store[0])
    check(page)
    text = words(page.text)
    for shown in (
        "Corner Shops",
        "Receipt R-4",
        "Premium coffee 250 g",
        "£4.44",
        "Your points",
        "Points now",
    ):
        assert shown in text, shown
    assert "L0001" not in page.text
    with closing(stage.client()) as owner:
        profile = path.replace("/store/c/", "/customers/")
        found = re.findall(rf'href="({profile}/slips/\d+)"', owner.get(profile).text)
        assert len(found) == 4
        assert f'href="{profile}"' in owner.get(found[0]).text


def test_what_is_no_sale_of_the_customer_has_no_slip(stage: Stage, sam: httpx.Client) -> None:
    path, peter = card_path(sam, "L0001"), card_path(sam, "L0002")
    number = re.findall(rf'href="{path}/slips/(\d+)"', sam.get(path).text)[0]
    assert sam.get(f"{peter}/slips/{number}").status_code == 404
    for bad in ("0", "x", "9" * 20):
        assert sam.get(f"{path}/slips/{bad}").status_code == 404


def test_who_is_limited_to_stores_sees_no_slip_of_another(stage: Stage, sam: httpx.Client) -> None:
    path = card_path(sam, "L0001")
    links = re.findall(rf'href="({path}/slips/\d+)"', sam.get(path).text)
    with stage.database.session(stage.workspace_id) as conn:
        conn.execute("insert into store (workspace_id, code) values (%s, 'leeds-1') on conflict do nothing",
                     (stage.workspace_id,))  # fmt: skip
    lena = stage.add_account("lena@example.com", "associate", "Lena")
    limit(stage, lena.hex, "leeds-1")
    with closing(stage.client(email="lena@example.com")) as limited:
        assert [limited.get(one).status_code for one in links] == [404, 200, 404]


def limit(stage: Stage, user: str, store: str) -> None:
    """Limit a person to a store, as the owner does."""
    with closing(stage.client()) as owner:
        token = token_in(owner.get(f"/people/{user}/stores").text)
        answer = owner.post(f"/people/{user}/stores", data={"csrf": token, f"store:{store}": "1"})
        assert answer.status_code in (200, 303)


def test_the_programme_needs_no_money_value_for_a_slip(stage: Stage, sam: httpx.Client) -> None:
    jane(stage, 10, PROGRAMME.replace("value = { GBP = { minor = 1 } }\n", ""))
    path = card_path(sam, "L0001")
    link = re.findall(rf'href="({path}/slips/\d+)"', sam.get(path).text)[0]
    assert "Worth" not in words(sam.get(link).text)
