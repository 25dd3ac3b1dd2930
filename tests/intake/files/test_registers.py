"""Customer and product files become one event per row."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import pytest

from regulars.vocabulary.events import Address
from tests.intake.files.support import DATA, Desk, csv_text

OUR_HEADERS = (
    "external_id", "given_name", "family_name", "email", "phone", "loyalty_card", "payment_token",
    "birth_date", "line1", "city", "postcode", "country",
)  # fmt: skip


def test_our_own_headers_need_no_mapping(desk: Desk) -> None:
    row = ("c-1", "Jane", "Doe", "Jane@shop.test", "+44 20 7946 0018", "L1", "par_1", "1990-02-01",
           "1 High St", "London", "N1 1AA", "GB", "39")  # fmt: skip
    report = desk.run("customers", csv_text((*OUR_HEADERS, "shoe_size"), row))
    (event,) = desk.gate.all()
    customer = event.customer
    assert event.type == "customer.updated"
    assert customer is not None
    assert (customer.external_id, customer.given_name, customer.family_name) == ("c-1", "Jane", "Doe")
    assert (customer.email, customer.phone) == ("Jane@shop.test", "+44 20 7946 0018")
    assert (customer.loyalty_card, customer.payment_token) == ("L1", "par_1")
    assert customer.birth_date == date(1990, 2, 1)
    assert customer.address == Address(line1="1 High St", city="London", postcode="N1 1AA", country="GB")
    assert customer.traits == {"shoe_size": "39"}
    assert report.unused_columns == []


def test_a_row_is_true_as_of_the_time_the_file_was_written(desk: Desk) -> None:
    path = desk.write("external_id\nc-1\n")
    written = datetime(2025, 5, 1, 8, 30, tzinfo=UTC)
    os.utime(path, (written.timestamp(), written.timestamp()))
    desk.run("customers", path)
    assert [event.occurred_at for event in desk.gate.all()] == [written]
    assert desk.run("customers", path).duplicate == 1


def test_a_column_may_say_since_when_a_row_is_true(desk: Desk) -> None:
    mapping = (
        '[fields]\nexternal_id = "id"\noccurred_at = { column = "changed", time_zone = "Europe/Paris" }\n'
    )
    desk.run("customers", "id,changed\nc-1,2026-07-01 10:00\n", mapping)
    assert desk.gate.all()[0].occurred_at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def test_an_older_state_that_comes_back_is_news_again(desk: Desk) -> None:
    mapping = '[fields]\nexternal_id = "id"\ncity = "city"\noccurred_at = "at"\n'
    for day, city in enumerate(["York", "Bath", "York"], start=1):
        report = desk.run("customers", f"id,city,at\nc-1,{city},2026-07-0{day}T00:00:00Z\n", mapping)
        assert report.applied == 1


def test_a_row_that_names_nobody_is_rejected(desk: Desk) -> None:
    desk.run("customers", "external_id,email,city\nc-1,,York\n,,Bath\n,a@shop.test,\n")
    assert len(desk.gate.all()) == 2
    assert [(line, field) for line, field, _ in desk.rejects()] == [(3, "customer")]


def test_products_carry_their_price_and_whether_they_are_sold(desk: Desk) -> None:
    mapping = """
        currency = "EUR"
        decimal_mark = ","
        [fields]
        sku = "Artikel"
        name = "Bezeichnung"
        category = { column = "Gruppe", split = ">", part = -1 }
        price = "Preis"
        active = { column = "Status", cases = [{ equals = "aktiv", value = true }], otherwise = false }
        """
    text = "Artikel;Bezeichnung;Gruppe;Preis;Status\nA-1;Tee;Lebensmittel > Tee;3,95;aktiv\nA-2;Tasse;;;aus\n;x;;;aktiv\n"
    report = desk.run("products", text, mapping)
    first, second = (event.product for event in desk.gate.all())
    assert first is not None
    assert second is not None
    assert (first.sku, first.name, first.category, first.price_minor, first.currency, first.active) == (
        "A-1", "Tee", "Tee", 395, "EUR", True,
    )  # fmt: skip
    assert (second.sku, second.price_minor, second.active) == ("A-2", None, False)
    assert desk.rejects() == [(4, "sku", "is empty")]
    assert report.rows_rejected == 1


@pytest.mark.parametrize("text", ["sku,price\nA,1.00\n", "name\nTea\n"])
def test_a_price_without_currency_or_a_product_without_number_is_refused(desk: Desk, text: str) -> None:
    if text.startswith("sku"):
        report = desk.run("products", text)
        assert report.events == 0
        assert desk.rejects() == [(2, "price", "has no currency")]
    else:
        with pytest.raises(Exception, match="no column for sku"):
            desk.run("products", text)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real files are not there: {DATA}")
def test_the_people_of_real_files_arrive(desk: Desk) -> None:
    people = DATA / "er" / "historical_dev_half.parquet"
    mapping = """
        [fields]
        external_id = "unique_id"
        given_name = "first_name"
        family_name = "surname"
        birth_date = { column = "dob", on_error = "empty" }
        city = "birth_place"
        postcode = { column = "postcode_fake", case = "upper" }
        [traits]
        occupation = "occupation"
        """
    report = desk.run("customers", people, mapping)
    assert (report.rows, report.events, report.rows_rejected) == (25_085, 25_085, 0)
    first = desk.gate.all()[0].customer
    assert first is not None
    assert (first.given_name, first.birth_date, first.traits) == (
        "frank",
        date(1856, 6, 18),
        {"occupation": "liturgist"},
    )
