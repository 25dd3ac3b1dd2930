"""Stores, products and staff in the settings: listed, found, described; the log rebuilds what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape

import httpx
import pytest

from regulars.console.services.register_lists import LINES
from regulars.intake.rebuild import Rebuilder
from tests.console.stage import Stage, sale, token_in
from tests.console.test_pages import check

HOSTILE = '<script>alert(1)</script>/"&?code=x'
ENGINEER = "engineer@example.com"
STORE = {"name": "High Street", "time_zone": "Europe/London", "currency": "gbp", "tax_mode": "inclusive"}
CASES = [
    ("stores", STORE, "High Street"),
    ("products", {"name": "Coffee", "price_minor": "8.99", "currency": "GBP", "active": "1"}, "£8.99"),
    ("staff", {"given_name": "Sam", "family_name": "Till", "active": "1"}, "Sam Till"),
]


@pytest.fixture
def engineer(stage: Stage) -> Iterator[httpx.Client]:
    stage.add_account(ENGINEER, "engineer", "Erin Engineer")
    client = stage.client(email=ENGINEER)
    yield client
    client.close()


def add(client: httpx.Client, register: str, code: str, **fields: str) -> httpx.Response:
    page = client.get(f"/settings/{register}/new").text
    return client.post(f"/settings/{register}/new", data={"csrf": token_in(page), "code": code, **fields})


def edit(client: httpx.Client, register: str, code: str, **fields: str) -> httpx.Response:
    page = client.get(f"/settings/{register}/edit", params={"code": code}).text
    return client.post(f"/settings/{register}/edit", data=hidden(page) | {"code": code, **fields})


def hidden(page: str) -> dict[str, str]:
    """The token of a form, and which telling of the entry it was made from."""
    found = re.search(r'name="read" value="([^"]*)"', page)
    assert found is not None
    return {"csrf": token_in(page), "read": found[1]}


def audit(stage: Stage, object_: str) -> list[tuple[str, str]]:
    with stage.database.session(stage.workspace_id) as conn:
        query = (
            "select actor, action from audit where workspace_id = %(w)s and object = %(o)s order by audit_no"
        )
        return list(conn.execute(query, {"w": stage.workspace_id, "o": object_}).fetchall())


@pytest.mark.parametrize(("register", "fields", "shown"), CASES)
def test_an_entry_is_added_edited_and_leaves_one_line_each_time(
    stage: Stage, visitor: httpx.Client, register: str, fields: dict[str, str], shown: str
) -> None:
    answer = add(visitor, register, "a-1", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/settings/{register}?changed=a-1")
    page = visitor.get(answer.headers["location"])
    check(page)
    assert shown in page.text
    assert edit(visitor, register, "a-1", **fields).status_code == 303
    word = {"stores": "store", "products": "product", "staff": "staff"}[register]
    assert [action for _who, action in audit(stage, f"{word}:a-1")] == [f"{word}.updated"], (
        "nothing new was said"
    )
    edit(
        visitor, register, "a-1", **{**fields, "email": "sam@example.com", "brand": "Own", "region": "North"}
    )
    lines = audit(stage, f"{word}:a-1")
    assert len(lines) == 2
    assert all(who.startswith("user:") for who, _action in lines)
    again = add(visitor, register, "a-1")
    assert again.status_code == 409
    assert 'id="f-code-error"' in again.text
    assert Rebuilder(stage.database, stage.vault).verify().differences == []


def test_a_code_that_only_sales_named_is_marked_and_described(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-1", store="corner"))
    page = visitor.get("/settings/stores?show=bare").text
    assert "Only named by sales" in page
    assert "Only sales have named this code so far" in visitor.get("/settings/stores/edit?code=corner").text
    edit(visitor, "stores", "corner", name="Corner", time_zone="Europe/London")
    assert "All stores have their details" in visitor.get("/settings/stores?show=bare").text
    page = visitor.get("/settings/stores").text
    assert "Complete" in page
    assert "none in 60 days" not in page, "the sale of today is its last"
    add(visitor, "stores", "still-shut", name="Opens soon", time_zone="Europe/London")
    assert "none in 60 days" in visitor.get("/settings/stores").text


@pytest.mark.parametrize("register", ["stores", "products", "staff"])
def test_codes_and_names_are_text_and_never_markup(
    stage: Stage, visitor: httpx.Client, register: str
) -> None:
    named = {"name": HOSTILE, "given_name": HOSTILE}
    assert add(visitor, register, HOSTILE, **named).status_code == 303
    page = visitor.get(f"/settings/{register}").text
    assert "<script>alert" not in page
    found = re.search(rf'href="(/settings/{register}/edit\?code=[^"]+)"', page)
    assert found is not None
    form = visitor.get(unescape(found[1]))
    check(form)
    assert "<script>alert" not in form.text
    assert unescape(form.text).count(f'value="{HOSTILE}"') >= 2
    assert edit(visitor, register, HOSTILE, name="Tame", given_name="Tame").status_code == 303
    assert "Tame" in visitor.get(f"/settings/{register}").text


@pytest.mark.parametrize(
    ("register", "field", "value"),
    [
        ("stores", "time_zone", "Mars/Olympus"),
        ("stores", "currency", "pounds"),
        ("stores", "tax_mode", "none"),
        ("stores", "name", "x" * 501),
        ("stores", "name", "a\x00b"),
        ("stores", "code", ""),
        ("stores", "code", "x" * 201),
        ("stores", "code", "a\x00b"),
        ("products", "price_minor", "8,99"),
        ("products", "price_minor", "8.999"),
        ("products", "price_minor", "NaN"),
        ("products", "price_minor", "1e99"),
        ("products", "barcode", "5" * 201),
        ("staff", "email", "x" * 501),
    ],
)
def test_a_wrong_value_comes_back_with_its_field_and_nothing_is_set_aside(
    stage: Stage, visitor: httpx.Client, register: str, field: str, value: str
) -> None:
    typed = {
        "code": "kept",
        "name": "Typed before",
        "given_name": "Typed before",
        "currency": "GBP",
        field: value,
    }
    answer = add(visitor, register, **typed)
    assert answer.status_code == 400
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}-error"' in answer.text
    assert field == "name" or 'value="Typed before"' in answer.text
    assert "Nothing is rejected" in visitor.get("/events/rejected").text
    assert visitor.get(f"/settings/{register}/edit", params={"code": "kept"}).status_code == 404


def test_a_price_needs_its_currency_and_keeps_its_decimals(visitor: httpx.Client) -> None:
    answer = add(visitor, "products", "p", price_minor="8.99")
    assert "Say in which currency the price is" in answer.text
    assert add(visitor, "products", "yen", price_minor="1200", currency="JPY").status_code == 303
    assert 'value="1200"' in visitor.get("/settings/products/edit?code=yen").text
    assert "¥1,200" in visitor.get("/settings/products").text


def test_who_saves_later_sees_both_and_loses_nothing(visitor: httpx.Client, engineer: httpx.Client) -> None:
    add(visitor, "stores", "a", name="Old")
    form = hidden(engineer.get("/settings/stores/edit?code=a").text)
    edit(visitor, "stores", "a", name="The owner's")
    typed = {"code": "a", "name": "The engineer's", **form}
    answer = engineer.post("/settings/stores/edit", data=typed)
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert 'value="The engineer\'s"' in page
    assert "Saved meanwhile: The owner's" in page
    assert engineer.post("/settings/stores/edit", data=typed | hidden(answer.text)).status_code == 303
    assert "The engineer's" in unescape(visitor.get("/settings/stores").text)


def test_products_are_found_by_the_beginning_of_sku_barcode_and_name(
    stage: Stage, visitor: httpx.Client
) -> None:
    add(visitor, "products", "COF-250", name="House coffee", barcode="5012345678900")
    add(visitor, "products", "50%_off", name="Voucher\\new")
    add(visitor, "products", "TEA-100", name="Breakfast tea")

    def found(query: str) -> set[str]:
        page = visitor.get("/settings/products", params={"q": query})
        check(page)
        return set(re.findall(r"edit\?code=([^\"]+)\"", page.text))

    assert found("cof") == found("HOUSE") == found("50123") == {"COF-250"}
    assert found("50") == {"COF-250", "50%25_off"}
    assert found("50%_") == found("voucher\\") == {"50%25_off"}
    for nothing in ("%", "_", "offee", "coffee", "\\", "' or 1=1 --", "\x00"):
        assert found(nothing) in (
            set(),
            {"COF-250", "50%25_off", "TEA-100"} if nothing == "\x00" else set(),
        ), nothing


@pytest.mark.parametrize("path", ["/settings/products", "/settings/products?q=sku", "/settings/stores"])
def test_pages_follow_each_other_without_gap_or_repeat(
    stage: Stage, visitor: httpx.Client, path: str
) -> None:
    many = LINES + 7
    register = path.split("/")[2].partition("?")[0]
    part = {
        "products": ("product.updated", "product", "sku"),
        "stores": ("store.updated", "store_details", "code"),
    }
    type_, name, key = part[register]
    stage.send(
        *(
            {
                "id": f"e{n}",
                "type": type_,
                "occurred_at": "2026-11-01T10:00:00Z",
                name: {key: f"SKU|{n:03d} ü"},
            }
            for n in range(many)
        )
    )
    seen: list[str] = []
    next_: str | None = path
    while next_ is not None:
        page = visitor.get(next_).text
        seen += re.findall(r"edit\?code=SKU%7C(\d+)", page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        next_ = unescape(older[1]) if older else None
    assert seen == [f"{n:03d}" for n in range(many)]


def test_staff_who_leave_stay_in_the_list_without_working_there(stage: Stage, visitor: httpx.Client) -> None:
    add(visitor, "staff", "s-1", given_name="Sam", active="1")
    assert "Works here" in visitor.get("/settings/staff").text
    edit(visitor, "staff", "s-1", given_name="Samira")
    page = visitor.get("/settings/staff").text
    assert "Samira" in page
    assert "Has left" in page
    with stage.database.session(stage.workspace_id) as conn:
        rows = conn.execute(
            "select sealed from staff where workspace_id = %(w)s", {"w": stage.workspace_id}
        ).fetchall()
    assert all(b"Samira" not in bytes(sealed) for (sealed,) in rows)
    assert "Samira" not in str(audit(stage, "staff:s-1"))


@pytest.mark.parametrize("role", ["engineer", "marketer", "manager", "associate", "privacy"])
def test_a_role_opens_the_registers_it_may_and_no_more(stage: Stage, role: str) -> None:
    stage.add_account(f"{role}@roles.example", role, role)  # type: ignore[arg-type]
    with closing(stage.client(email=f"{role}@roles.example")) as client:
        form = {"csrf": token_in(client.get("/customers").text), "code": "x", "name": "x"}
        for register in ("stores", "products", "staff"):
            allowed = role == "engineer" and register != "staff"
            for path in ("", "/new"):
                answer = client.get(f"/settings/{register}{path}")
                assert answer.status_code == (200 if allowed else 403), (register, path)
            assert client.post(f"/settings/{register}/new", data=form).status_code == (
                303 if allowed else 403
            )
            edited = client.post(f"/settings/{register}/edit", data=form)
            assert edited.status_code == (409 if allowed else 403)


def test_a_form_without_its_token_does_nothing(visitor: httpx.Client) -> None:
    for register in ("stores", "products", "staff"):
        for verb in ("new", "edit"):
            assert (
                visitor.post(f"/settings/{register}/{verb}", data={"code": "x", "name": "x"}).status_code
                == 403
            )
        assert visitor.get(f"/settings/{register}/edit?code=x").status_code == 404


def test_addresses_that_name_nothing_are_not_found(visitor: httpx.Client) -> None:
    for path in (
        "/settings/tills/new",
        "/settings/stores/edit",
        "/settings/stores/edit?code=%00",
        "/settings/x/edit?code=y",
    ):
        assert visitor.get(path).status_code == 404, path


def test_nothing_is_written_for_a_source_that_is_switched_off(stage: Stage, visitor: httpx.Client) -> None:
    add(visitor, "stores", "a", name="First")
    stage.run(stage.register.disable(stage.workspace_id, "console", actor="test"))
    answer = edit(visitor, "stores", "a", name="Second")
    assert answer.status_code == 409
    assert "First" in visitor.get("/settings/stores").text


def test_the_registers_of_a_workspace_are_its_own(stage: Stage, visitor: httpx.Client) -> None:
    owner = stage.database.connect_owner()
    owner.execute("insert into workspace (name) values ('other')")
    (other,) = owner.execute("select workspace_id from workspace where name = 'other'").fetchone() or (0,)
    owner.execute(f"set regulars.workspace_id = {other}".encode())
    owner.execute(
        "insert into store (workspace_id, code, name) values (%(w)s, 'secret', 'Not yours')", {"w": other}
    )
    owner.execute(
        "insert into product (workspace_id, sku, name) values (%(w)s, 'secret', 'Not yours')", {"w": other}
    )
    owner.close()
    for path in ("/settings/stores", "/settings/products?q=not", "/settings/products"):
        assert "Not yours" not in visitor.get(path).text
    assert visitor.get("/settings/stores/edit?code=secret").status_code == 404
