"""The console in the reader's language: chosen by them or their browser; words, figures and dates together."""

from __future__ import annotations

from datetime import date

import pytest

from regulars.console import i18n
from regulars.console.format import day, day_of_year, money, month, month_of_year, percent, quantity, weekday
from tests.console.stage import Stage, sale, token_in


@pytest.fixture
def spanish() -> object:
    i18n.use(i18n.languages()["es"])
    yield
    i18n.use(i18n.ENGLISH)


@pytest.mark.parametrize(
    ("wanted", "accepted", "default", "code"),
    [
        (None, None, "en", "en"),
        (None, "es-MX,en;q=0.8", "en", "es"),
        (None, "en;q=0.2,es;q=0.9", "en", "es"),
        ("en", "es", "es", "en"),
        ("xx", "de,fr;q=0.5", "es", "es"),
        (None, "*;q=x,;q=,es", "en", "es"),
        ("../es", "\0", "nope", "en"),
    ],
)
def test_a_language_is_chosen_by_the_reader_then_the_browser_then_the_workspace(
    wanted: str | None, accepted: str | None, default: str, code: str
) -> None:
    assert i18n.chosen(wanted, accepted, default).code == code


@pytest.mark.usefixtures("spanish")
def test_figures_and_dates_are_written_as_the_language_does() -> None:
    assert money(123_450, "EUR") == "1.234,50\u00a0€"
    assert money(-300, "EUR") == "\u22123,00\u00a0€"
    assert i18n.number(1_234_567) == "1.234.567"
    assert percent(0.123) == "12\u00a0%"
    assert quantity(1_500_000) == "1,5"
    assert day(date(2026, 11, 22)) == "22 nov 2026"
    assert i18n.ngettext("%(n)s customer found", "%(n)s customers found", 1) == "1 cliente encontrado"


@pytest.mark.parametrize("code", i18n.languages())
def test_every_form_of_a_date_is_known_in_every_language(code: str) -> None:
    i18n.use(i18n.languages()[code])
    when = date(2026, 11, 22)
    said = [form(when) for form in (day, day_of_year, weekday, month, month_of_year)]
    i18n.use(i18n.ENGLISH)
    assert (
        said
        == {
            "en": ["22 Nov 2026", "22 Nov", "Sun", "Nov", "Nov 2026"],
            "es": ["22 nov 2026", "22 nov", "dom", "nov", "nov 2026"],
        }[code]
    )


def test_pages_follow_the_browser_and_then_the_choice(stage: Stage) -> None:
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada", currency="EUR", total_minor=123_450))
    guest = stage.client()
    spanish = guest.get("/customers", headers={"Accept-Language": "es-ES"})
    assert '<html lang="es" dir="ltr"' in spanish.text
    assert "<h1>Clientes</h1>" in spanish.text
    assert "1.234,50\u00a0€" in spanish.text
    token = token_in(spanish.text)
    moved = guest.post("/language", data={"csrf": token, "language": "es", "next": "/customers"})
    assert moved.headers["location"] == "/customers"
    assert "<h1>Clientes</h1>" in guest.get("/customers").text
    guest.post("/language", data={"csrf": token, "language": "klingon", "next": "//elsewhere"})
    assert "<h1>Customers</h1>" in guest.get("/customers").text


def test_live_rows_come_in_the_language_of_the_page(stage: Stage) -> None:
    guest = stage.client()
    with guest.stream("GET", "/live?topics=events&since=0.0", headers={"Accept-Language": "es"}) as answer:
        stage.send(sale("R-1"))
        text = ""
        for piece in answer.iter_text():
            text += piece
            if "R-1" in text:
                break
    assert "Venta" in text
