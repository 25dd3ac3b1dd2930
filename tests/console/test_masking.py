"""A role that may not see contacts finds none, wherever a source may have put one and however it is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from typing import Any, get_args
from urllib.parse import quote_plus

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.rights import MAY_SEE
from tests.console.crawl import walk
from tests.console.stage import Stage, details, sale
from tests.console.store_floor import forms_in
from tests.console.test_live import watching
from tests.console.test_pages import FRAGMENT, profile_path

EMAIL_, PHONE = "cassandra.q@example.com", "+442079460555"
SECRETS = (
    EMAIL_, PHONE, "7946 0555", "79460555", "L-99887766", "tok_cassie", "web-cassie", "1990-02-01", "1 Feb 1990",
    "Mill Lane", "till-reference-9", "for cassandra only",
)  # fmt: skip
CUSTOMER: dict[str, Any] = {
    "external_id": "web-cassie", "loyalty_card": "L-99887766", "email": EMAIL_, "phone": PHONE, "given_name": "Cassandra",
    "birth_date": "1990-02-01", "address": {"line1": "1 Mill Lane"}, "payment_token": "tok_cassie",
    "traits": {"note": "for cassandra only", "wish": f"Write to {EMAIL_}"},
}  # fmt: skip
MASKED = [role for role in get_args(Role) if role not in MAY_SEE["contacts"]]


def tell(stage: Stage) -> None:
    """Contacts where they belong, and in names, notes, references, ids and messages that cannot be read."""
    now = datetime.now(UTC).isoformat()
    bought = sale("R-1", **CUSTOMER)
    bought["sale"]["tenders"] = [{"kind": "card", "amount_minor": 899, "reference": "till-reference-9"}]
    bought["sale"]["lines"][0]["name"] = f"Gift card for {EMAIL_}"
    stage.send(
        bought | {"remark": "for cassandra only"},
        details("d-1", **CUSTOMER),
        details(EMAIL_, **(CUSTOMER | {"given_name": EMAIL_, "family_name": PHONE})),
        {
            "id": "p-1", "type": "page.viewed", "occurred_at": now, "customer": CUSTOMER,
            "properties": {"title": f"Order of {EMAIL_}", "path": f"/a?phone={PHONE}", "note": "for cassandra only"},
        },
        {
            "id": "c-1", "type": "consent.given", "occurred_at": now, "customer": CUSTOMER,
            "consent": {"channel": "email", "address": EMAIL_, "text": "for cassandra only"},
        },
        {
            "id": "s-1", "type": "staff.updated", "occurred_at": now,
            "staff_details": {"code": "s-1", "given_name": "Cassandra", "email": EMAIL_},
        },
        {"id": "bad", "type": "nonsense", "occurred_at": now, "customer": CUSTOMER, "order": {"buyer": CUSTOMER}},
        f'{{"email": "{EMAIL_}", "phone": "{PHONE}"'.encode(),
    )  # fmt: skip
    stage.send(details("o-1", email=EMAIL_, external_id="web-cassie", given_name="Cassandra"), source="shop")


@pytest.fixture(scope="module")
def told(quiet: Stage) -> Stage:
    """A house that heard of Cassandra, with somebody of each role."""
    tell(quiet)
    for role in get_args(Role):
        quiet.add_account(f"{role}@masks.example", role, role)
    return quiet


@pytest.fixture(scope="module", params=MASKED)
def masked(told: Stage, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """The browser of each role that sees no contacts."""
    with closing(told.client(email=f"{request.param}@masks.example")) as client:
        yield client


def shown(page: httpx.Response, asked: str = "") -> list[str]:
    """The secrets in a page, title and attributes included; what was asked for is not told by it."""
    text = unescape(re.sub(r"</?span[^>]*>", "", page.text))
    for echo in (f'value="{asked}"', f"“{asked}”", f'name="next" value="/customers?q={quote_plus(asked)}"'):
        text = text.replace(echo, "") if asked else text
    return [secret for secret in SECRETS if secret in text]


def test_no_page_or_fragment_tells_a_contact(masked: httpx.Client) -> None:
    # An associate's front page is the store screen, whose customers are found by a form.
    seen = walk(masked, "/customers")
    pages = dict(seen.pages)
    for address in list(seen.pages):
        pages[f"fragment of {address}"] = masked.get(address, headers=FRAGMENT)
    assert any(re.fullmatch(r"/customers/[0-9a-f]{32}/events/\d+", address) for address in pages)
    for address, page in pages.items():
        assert shown(page) == [], address
    assert any("Cassandra" in page.text or "[email]" in page.text for page in pages.values())


def test_the_store_screen_tells_no_contact(told: Stage) -> None:
    """Notes are there for the store to read; a contact in one is not."""
    with closing(told.client(email="associate@masks.example")) as client:
        card = client.get(profile_path(client, EMAIL_).replace("/customers/", "/store/c/"))
        assert "Gift card for [email]" in card.text
        assert shown(card) == ["for cassandra only"]
        assert "Write to [email]" in card.text


def test_who_sees_no_contacts_keeps_one_in_a_product_by_saving_it(told: Stage) -> None:
    with closing(told.client(email="engineer@masks.example")) as client:
        page = client.get("/settings/products/edit", params={"code": "COF-1"})
        assert 'value="Gift card for [email]"' in page.text
        (kept,) = (form for form in forms_in(page.text) if form.get("code") == "COF-1")
        fields = kept | {"name": "Gift card for [email]", "brand": "Ours", "active": "1"}
        assert client.post("/settings/products/edit", data=fields).status_code == 303
    with closing(told.client()) as owner:
        page = owner.get("/settings/products/edit", params={"code": "COF-1"})
        assert f'value="Gift card for {EMAIL_}"' in page.text
        assert 'value="Ours"' in page.text


def test_every_event_of_the_log_is_told_without_contacts(told: Stage, masked: httpx.Client) -> None:
    path = profile_path(masked, EMAIL_)
    for number in range(1, 9):
        for address in (f"/events/{number}", f"{path}/events/{number}"):
            assert shown(masked.get(address)) == [], address


@pytest.mark.parametrize("query", [EMAIL_, PHONE, "L-99887766", "web-cassie", "tok_cassie"])
def test_who_knows_a_contact_finds_its_customer_and_learns_no_other(masked: httpx.Client, query: str) -> None:
    page = masked.get("/customers", params={"q": query})
    assert "1 customer found" in page.text
    assert shown(page, query) == []
    profile = masked.get(profile_path(masked, query))
    assert "c•••@example.com" in profile.text
    assert "•••• 0555" in profile.text


def test_errors_and_titles_tell_no_contact(masked: httpx.Client) -> None:
    for address in (
        f"/customers/{EMAIL_}",
        f"/events/{EMAIL_}",
        f"/customers?page={EMAIL_}",
        f"/nope/{EMAIL_}",
    ):
        page = masked.get(address)
        assert page.status_code >= 400
        assert EMAIL_ not in page.text, address
    title = re.search(r"<title>([^<]*)", masked.get(profile_path(masked, EMAIL_)).text)
    assert title is not None
    assert "@" not in title[1]


def test_the_stream_tells_no_contact(stage: Stage) -> None:
    stage.add_account("e@masks.example", "engineer", "E")
    stage.source("tills")
    with closing(stage.client(email="e@masks.example")) as client:
        for topic in ("events", "home"):
            with watching(client, f"/live?topics={topic}&since=0.0") as watcher:
                if topic == "events":
                    tell(stage)
                else:
                    stage.send(details("n-1", **(CUSTOMER | {"given_name": EMAIL_})))
                _, data = watcher.message()
                assert [secret for secret in SECRETS if secret in unescape(data)] == []
                assert "[email]" in data


@pytest.mark.parametrize("role", sorted(MAY_SEE["contacts"]))
def test_a_role_that_may_see_contacts_does(told: Stage, role: str) -> None:
    """Without this the tests above would hold for a house that forgot her."""
    with closing(told.client(email=f"{role}@masks.example")) as client:
        page = client.get(profile_path(client, "L-99887766"))
        assert {EMAIL_, PHONE, "L-99887766", "Mill Lane", "1 Feb 1990"} <= set(shown(page))
