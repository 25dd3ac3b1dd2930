"""Texts, ids, numbers and times of vendors come in clean, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from regulars.connectors import reading
from regulars.vocabulary.connector import WebhookRequest
from regulars.vocabulary.errors import BadPayload

from . import cases


def test_texts_are_trimmed_and_cut_and_empty_ones_are_nothing() -> None:
    assert reading.text("  Jane\0 ") == "Jane"
    assert reading.text(" \0 ") is None
    assert reading.text(None) is None
    assert reading.text("é" * 600) == "é" * 500


def test_ids_are_never_cut() -> None:
    assert reading.required_id(" a-1 ", "id") == "a-1"
    assert reading.required_id(7, "id") == "7"
    assert reading.optional_id("") is None
    for wrong in ("", " ", "x" * 201, "a\nb", "a\0", None, 10**300, -(10**300), True):
        with pytest.raises(BadPayload):
            reading.required_id(wrong, "id")


def test_a_long_event_id_is_shortened_to_one_of_its_own() -> None:
    long, other = reading.short_id("order", "x" * 200, "1"), reading.short_id("order", "x" * 200, "2")
    assert reading.short_id("order", "1", "2") == "order:1:2"
    assert long != other
    assert len(long) <= 200
    assert long == reading.short_id("order", "x" * 200, "1")


def test_quantities_are_finite_with_six_places() -> None:
    assert reading.quantity(None) == 0
    assert reading.quantity(Decimal("0.375")) == Decimal("0.375")
    assert reading.quantity(Decimal("0.3333333333")) == Decimal("0.333333")
    for wrong in ("NaN", "Infinity", "1e7", "-1e999999"):
        with pytest.raises(BadPayload):
            reading.quantity(Decimal(wrong))


def test_a_time_in_milliseconds_comes_back_as_the_same_time() -> None:
    moment = datetime(2026, 11, 22, 10, 15, 30, 250_000, tzinfo=UTC)
    assert reading.milliseconds(moment) == 1795342530250
    assert reading.from_milliseconds(1795342530250) == moment
    assert reading.milliseconds(moment - timedelta(days=40_000)) == 0


def test_a_date_of_birth_is_a_whole_date() -> None:
    assert str(reading.birth_date("1990-02-01")) == "1990-02-01"
    assert [reading.birth_date(text) for text in (None, "", "0000-02-01", "02-01", "yesterday")] == [None] * 5


def test_a_sale_may_have_two_thousand_lines_and_no_more() -> None:
    case = cases.load("shopify", "order_paid_online")
    line = {**case.body["line_items"][0], "price": "0.00", "price_set": None, "discount_allocations": []}
    for lines, fits in ((2_000, True), (2_001, False)):
        body = msgspec.json.encode({**case.body, "line_items": [line] * lines})
        request = WebhookRequest(cases.URL, case.headers, body, cases.RECEIVED_AT)
        if fits:
            assert len(cases.connector("shopify").parse(request, cases.config("shopify"))) == 1
        else:
            with pytest.raises(BadPayload, match="2000"):
                cases.connector("shopify").parse(request, cases.config("shopify"))
