"""Finding a customer in the store: by what a scanner sends or a person types, and only as far as a role may see."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import get_args

import httpx
import msgspec
import pytest

from regulars.console.accounts import Role
from regulars.console.services.store_find import ROWS_MAX, readings
from regulars.store.workspaces import add_workspace
from tests.console.stage import Stage, details, sale, sign_in, token_in
from tests.console.store_floor import ASSOCIATE, FRAGMENT, JANE, card_path, look_up
from tests.console.test_pages import check


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("L0001", ["L0001"]),
        ("]C1L0001", ["]C1L0001", "L0001"]),
        ("~]C1L0001;\t", ["~]C1L0001;", "L0001"]),
        ("\x02L0001\x03\r\n", ["L0001"]),
        (";6000001234567890?", [";6000001234567890?", "6000001234567890"]),
        ("*L0001*", ["*L0001*", "L0001"]),
        ("+44 20 7946 0018", ["+44 20 7946 0018"]),
        ("  ", []),
        ("]]", ["]]"]),
    ],
)
def test_what_a_scanner_puts_around_a_code_is_taken_off(sent: str, meant: list[str]) -> None:
    assert readings(sent) == meant


@pytest.mark.parametrize(
    "text",
    [
        "L0001",
        "]C1L0001",
        "~L0001~",
        "020 7946 0018",
        "+44 (0)20 7946-0018",
        "Jane@Example.COM",
        "R-1",
        " L0001\t",
    ],
)
def test_one_exact_identifier_opens_the_customer_at_once(reader: httpx.Client, text: str) -> None:
    page = look_up(reader, text, **FRAGMENT)
    check(page, whole=False)
    assert ">Jane Doe</h1>" in page.text
    assert page.headers["hx-push-url"].startswith("/store/c/")
    whole = look_up(reader, text)
    assert whole.status_code == 303
    check(reader.get(whole.headers["location"]))


def test_several_customers_are_listed_with_masked_contacts(reader: httpx.Client) -> None:
    page = look_up(reader, "doe")
    check(page)
    assert "2 customers found" in page.text
    assert "Jane Doe" in page.text
    assert "Peter Doe" in page.text
    for masked in ("j•••@example.com", "•••• 0018", "p•••@example.com"):
        assert masked in page.text
    for clear in ("jane@example.com", "7946", "L0001", "L0002", "peter@example.com"):
        assert clear not in page.text


def test_a_name_that_one_customer_has_is_shown_not_opened(reader: httpx.Client) -> None:
    page = look_up(reader, "jan doe", **FRAGMENT)
    assert "1 customer found" in page.text
    assert page.headers["hx-push-url"] == "/store"


def test_nobody_found_says_so_and_what_to_try(reader: httpx.Client) -> None:
    for text in ("L9999", "nobody@example.com", "R-7", "xy", "<script>alert(1)</script>", "n/a"):
        page = look_up(reader, text)
        check(page)
        assert "Nobody found" in page.text, text
        assert "What to try" in page.text
        assert "<script>alert" not in page.text
    assert "Find a customer</h1>" in look_up(reader, "   ").text


def test_a_receipt_that_names_nobody_is_told_and_one_shared_with_a_stranger_opens_nobody(
    stage: Stage, sam: httpx.Client
) -> None:
    assert "1 receipt with this number names no customer" in look_up(sam, "R-500").text
    stage.send(sale("again", loyalty_card="L0001") | {"sale": sale("R-500")["sale"], "till": "2"})
    page = look_up(sam, "R-500")
    assert page.status_code == 200
    assert "Jane Doe" in page.text


def test_a_former_phone_is_listed_with_a_warning_and_never_opens(stage: Stage, sam: httpx.Client) -> None:
    stage.send(details("moved", **JANE | {"phone": "+44 20 7946 0999"}, at=datetime.now(UTC)))
    page = look_up(sam, "020 7946 0018")
    assert page.status_code == 200
    assert "Former contact" in page.text
    assert card_path(sam, "020 7946 0999")


def test_a_list_has_an_end_and_says_so(stage: Stage, sam: httpx.Client) -> None:
    stage.send(
        *(details(f"m-{n}", loyalty_card=f"M{n}", given_name="Zoe", family_name="Many") for n in range(15))
    )
    page = look_up(sam, "zoe many").text
    assert page.count('href="/store/c/') == ROWS_MAX
    assert "10 customers found+" in page.replace("\n", "")
    assert "Add the family name" in page


def test_the_last_five_customers_of_the_session_are_offered_and_of_no_other(
    stage: Stage, sam: httpx.Client
) -> None:
    stage.send(*(details(f"n-{n}", loyalty_card=f"N{n}", given_name=f"Name{n}x") for n in range(6)))
    for n in range(6):
        sam.get(card_path(sam, f"N{n}"))
    page = sam.get("/store").text
    assert [n for n in range(6) if f"Name{n}x" in page] == [1, 2, 3, 4, 5]
    assert page.index("Name5x") < page.index("Name1x")
    cookie = sam.cookies["regulars_recent"]
    assert "Name" not in cookie
    with closing(stage.client(email=ASSOCIATE)) as other:
        other.cookies.set("regulars_recent", cookie, path="/store")
        assert "Name5x" not in other.get("/store").text
    sam.cookies.set("regulars_recent", "x" * 40, path="/store")
    assert sam.get("/store").status_code == 200


def test_an_associate_lands_on_the_store_and_others_at_home(stage: Stage, sam: httpx.Client) -> None:
    assert sam.get("/").headers["location"] == "/store"
    with closing(stage.client(email=None)) as client:
        assert sign_in(client, ASSOCIATE).headers["location"] == "/"
        assert client.get("/", follow_redirects=True).url.path == "/store"
    with closing(stage.client()) as owner:
        check(owner.get("/"))
        assert 'href="/store"' in owner.get("/").text


def test_the_shell_names_who_is_signed_in_and_signs_out(sam: httpx.Client) -> None:
    page = sam.get("/store").text
    assert "Sam Associate" in page
    assert 'href="/"' not in page, "an associate has no console to go to"
    sam.get(card_path(sam, "L0001"))
    sam.post("/sign-out", data={"csrf": token_in(page)})
    assert "regulars_recent" not in sam.cookies
    assert sam.get("/store").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", get_args(Role))
def test_the_screens_are_for_those_who_work_in_a_store(
    floor: Stage, reader: httpx.Client, role: Role
) -> None:
    floor.add_account(f"{role}@example.org", role, "Some Body")
    path = card_path(reader, "L0001")
    with closing(floor.client(email=f"{role}@example.org")) as client:
        allowed = role in {"owner", "manager", "associate"}
        for page in ("/store", path, "/store/enrol"):
            assert client.get(page).status_code == (200 if allowed else 403), page
        for page in ("/store/find", f"{path}/consent", "/store/enrol"):
            assert client.post(page, data={}).status_code == 403, "without a token nobody gets anywhere"
        assert ('href="/store"' in client.get("/customers").text) is allowed


def test_strangers_and_forms_of_other_sites_get_nothing(floor: Stage, reader: httpx.Client) -> None:
    token = token_in(reader.get("/store").text)
    assert reader.post("/store/find", data={"csrf": "x", "q": "L0001"}).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (
        reader.post("/store/find", data={"csrf": token, "q": "L0001"}, headers=elsewhere).status_code == 403
    )
    with closing(floor.client(email=None)) as stranger:
        for path in ("/store", "/store/enrol", "/store/c/" + "0" * 32):
            assert stranger.get(path).headers["location"].startswith("/sign-in"), path
        assert stranger.post("/store/find", data={"csrf": token, "q": "L0001"}).status_code == 303
        assert stranger.get("/store/ping").status_code == 204
        assert "Nothing of a customer is kept" in stranger.get("/store/offline").text


def test_a_hostile_name_stays_text(stage: Stage, sam: httpx.Client) -> None:
    stage.send(
        details("evil", loyalty_card="X1", given_name='<script>alert("x")</script>', family_name="' onload=y")
    )
    for page in (look_up(sam, "X1", **FRAGMENT), sam.get("/store")):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
        assert "' onload" not in page.text


def test_customers_of_another_workspace_are_neither_found_nor_opened(stage: Stage, sam: httpx.Client) -> None:
    other = add_workspace(stage.database, "other")
    source = stage.run(stage.register.ensure(other, "tills")).source
    body = msgspec.json.encode(details("d-9", loyalty_card="L7777", given_name="Ottilie"))
    result = stage.gate.submit_wait(source, [body], door="events")[0]
    assert "Nobody found" in look_up(sam, "L7777").text
    assert "Nobody found" in look_up(sam, "ottilie").text
    assert sam.get(f"/store/c/{result.profile_id}").status_code == 404
