"""Promotions in the console: written down, activated, tried on a basket, and codes that are told once."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from regulars.capabilities.offers.codes import fits
from regulars.capabilities.offers.lint import lint
from regulars.capabilities.offers.model import parse
from regulars.console.services.promotion_words import example, kinds
from tests.console.offered import HOSTILE, open_promotions, promotion, register, run
from tests.console.stage import Stage, token_in
from tests.console.test_pages import check


def fill(client: httpx.Client, path: str, action: str | None = None, **fields: str) -> httpx.Response:
    """Open the page of a form and send it."""
    return client.post(action or path, data={"csrf": token_in(client.get(path).text), **fields})


def text_of(page: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_every_example_can_be_activated() -> None:
    for kind, _words in kinds():
        made = parse(example(kind, "GBP"))
        assert lint(made) == [], kind
        assert made.effect.__struct_config__.tag == kind


def test_a_promotion_is_written_activated_paused_and_ended(stage: Stage, visitor: httpx.Client) -> None:
    page = fill(visitor, "/promotions/new?kind=n_for_m", "/promotions/new", content=example("n_for_m", "GBP"))
    assert page.headers["location"] == "/promotions/n-for-m?done=saved"
    assert "Draft" in text_of(visitor.get("/promotions"))
    one = "/promotions/n-for-m"
    assert fill(visitor, one, f"{one}/activate").status_code == 303
    assert "Version 1 prices baskets." in text_of(visitor.get(one))
    assert (
        fill(
            visitor, f"{one}/edit", content=example("n_for_m", "GBP").replace("buy = 3", "buy = 4")
        ).status_code
        == 303
    )
    assert "Version 2 was not activated yet." in text_of(visitor.get(one))
    later = fill(visitor, one, f"{one}/activate", day="2999-01-01")
    assert later.status_code == 303
    assert "Version 2 begins later" in text_of(visitor.get(one))
    assert fill(visitor, one, f"{one}/pause").headers["location"].endswith("?done=paused")
    assert fill(visitor, one, f"{one}/end").headers["location"].endswith("?done=ended")
    assert "/edit" not in visitor.get(one).text
    assert "Promotion ended" in text_of(visitor.get("/audit"))


def test_what_cannot_be_kept_comes_back_with_its_place(visitor: httpx.Client) -> None:
    page = fill(
        visitor, "/promotions/new", content=promotion("odd", effect='kind = "percentage"\noff_bp = 0')
    )
    assert page.status_code == 400
    assert "effect.off_bp" in page.text
    assert "off_bp = 0" in page.text, "what was typed is not lost"


def test_faults_stand_on_the_page_and_in_the_way(stage: Stage, visitor: httpx.Client) -> None:
    open_promotions(stage)
    assert "effect.pay" in visitor.get("/promotions/half-done").text
    page = fill(visitor, "/promotions/half-done", "/promotions/half-done/activate")
    assert page.status_code == 400
    assert "It was not activated" in page.text
    past = fill(visitor, "/promotions/half-done", "/promotions/half-done/activate", day="2001-01-01")
    assert "That time is over" in text_of(past)


def test_lists_show_use_and_what_went_beyond_a_bound_and_names_are_only_text(
    stage: Stage, visitor: httpx.Client
) -> None:
    open_promotions(stage)
    for path in ("/promotions", "/promotions/tea-week", "/promotions/try"):
        page = visitor.get(path)
        check(page)
        assert HOSTILE not in page.text
    listed = text_of(visitor.get("/promotions"))
    assert "2 / 1" in listed
    assert "1 sale went beyond a bound" in listed


def test_codes_are_told_once_as_a_file_and_kept_as_hashes(stage: Stage, visitor: httpx.Client) -> None:
    open_promotions(stage)
    one = "/promotions/tea-week"
    answer = fill(visitor, one, f"{one}/codes.csv", count="25000")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv")
    head, *codes = answer.text.split()
    assert (head, len(codes), len(set(codes))) == ("code", 25_000, 25_000)
    assert all(fits(code) for code in codes[:100])
    page = visitor.get(one)
    assert "25,000" in page.text
    assert codes[0] not in page.text
    with stage.database.session(stage.workspace_id) as connection:
        kept = connection.execute("select count(*), max(uses_max) from promotion_code").fetchone()
    assert kept == (25_000, 1)
    tried = fill(
        visitor,
        "/promotions/try",
        currency="GBP",
        **{"sku-0": "TEA", "price-0": "4.50"},
        codes=codes[7].lower(),
    )
    assert "This code" not in text_of(tried)
    for wrong in ("0", "1000001", "x", "-1"):
        refused = fill(visitor, one, f"{one}/codes.csv", count=wrong)
        assert refused.status_code == 400, wrong
        assert "Make 1 to" in refused.text


def test_a_basket_is_tried_with_reasons_in_words(stage: Stage, visitor: httpx.Client) -> None:
    run(stage, promotion("three", effect='kind = "n_for_m"\nbuy = 3\npay = 2'))
    run(stage, promotion("club", "member_only = true"))
    fields = {"currency": "GBP", "sku-0": "TEA", "qty-0": "2", "price-0": "4.50", "codes": "NOPE"}
    told = text_of(fill(visitor, "/promotions/try", **fields))
    for words in (
        "It is for members.",
        "There are too few of its products.",
        "There is no such code.",
        "1 more item",
        "£9.00",
    ):
        assert words in told, words
    whole = text_of(fill(visitor, "/promotions/try", **fields | {"qty-0": "3", "member": "nobody"}))
    assert "Nobody is known by this." in whole
    assert "−£4.50" in whole
    assert stage.run(register(stage).get(stage.workspace_id, "three")).held == 0, "nothing is reserved"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Choose a product."),
        ({"sku-0": "TEA"}, "no price"),
        ({"sku-0": "TEA", "price-0": "x"}, "price-0"),
        ({"sku-0": "TEA", "price-0": "1", "qty-0": "-1"}, "above 0"),
        ({"sku-0": "TEA", "price-0": "1", "qty-0": "NaN"}, "above 0"),
        ({"sku-0": "TEA", "price-0": "1", "currency": "<b>"}, "three letters"),
    ],
)
def test_a_basket_that_cannot_be_priced_says_where(
    visitor: httpx.Client, fields: dict[str, str], told: str
) -> None:
    page = fill(visitor, "/promotions/try", **{"currency": "GBP", **fields})
    assert page.status_code == 400
    assert told in unescape(page.text)
