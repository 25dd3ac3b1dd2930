"""A customer's card in the store: what each role sees of it, consent taken there, and enrolment."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from regulars.console.accounts import Viewer
from regulars.console.services.store_card import Card, load_card
from regulars.console.services.store_said import said_at
from tests.console.stage import Stage, details, token_in
from tests.console.store_floor import (
    FRAGMENT,
    JANE,
    card_path,
    consent_form,
    forms_in,
    look_up,
)
from tests.console.test_pages import check

KEY = "k" * 24


def audit_of(stage: Stage, *actions: str) -> list[tuple[Any, ...]]:
    """Who did that to what, from the audit trail."""
    conn = stage.database.connect_owner()
    try:
        conn.execute(f"set regulars.workspace_id = {stage.workspace_id}".encode())
        found = conn.execute("select actor, action, object from audit order by audit_no").fetchall()
    finally:
        conn.close()
    return [line for line in found if line[1] in actions]


def card_for(stage: Stage, path: str, role: str, stores: frozenset[str] | None) -> Card:
    """The card as somebody of that role sees it."""
    viewer = Viewer(stage.workspace_id, uuid4(), role, "V", "v@example.com", stores)

    async def load() -> Card:
        async with stage.database.read(stage.workspace_id) as conn:
            return await load_card(conn, stage.vault, UUID(path.rpartition("/")[2]), viewer)

    found: Card = stage.run(load())
    return found


def enrol(client: httpx.Client, **fields: str) -> httpx.Response:
    """Fill in the form for a new customer and send it as the page does."""
    form = next(
        form for form in forms_in(client.get("/store/enrol").text) if form["action"] == "/store/enrol"
    )
    return client.post("/store/enrol", data=form | fields, headers=FRAGMENT)


def test_an_associate_sees_the_person_and_single_purchases_but_no_contact_and_no_total(
    reader: httpx.Client,
) -> None:
    page = reader.get(card_path(reader, "L0001"))
    check(page)
    text = page.text
    for shown in ("Jane Doe", "£4.44", "£3.33", "£2.22", "Premium coffee 250 g", "leeds-1", "Coffee"):
        assert shown in text, shown
    assert "£1.11" not in text, "three purchases are enough"
    for hidden in ("£11.10", "Spend in all", "jane@example.com", "7946", "L0001"):
        assert hidden not in text, hidden
    for masked in ("j•••@example.com", "•••• 0018"):
        assert masked in text
    assert "Shoe size" in text
    assert "red boots" in text
    assert "green" not in text, "a colour is no size, wish or note"


def test_a_manager_sees_contacts_and_the_total(floor: Stage, reader: httpx.Client) -> None:
    floor.add_account("mo@example.com", "manager", "Mo Manager")
    with closing(floor.client(email="mo@example.com")) as manager:
        text = manager.get(card_path(manager, "L0001")).text
    assert "£11.10" in text
    assert "jane@example.com" in text
    assert "L0001" not in text, "a card number is told by its last digits alone"


def test_amounts_of_other_stores_are_absent_for_who_works_in_some(floor: Stage, reader: httpx.Client) -> None:
    path = card_path(reader, "L0001")
    whole = card_for(floor, path, "manager", None)
    assert [one.amount_minor for one in whole.purchases] == [444, 333, 222]
    assert whole.spend_minor == {"GBP": 1110}
    limited = card_for(floor, path, "manager", frozenset({"leeds-1"}))
    assert [one.amount_minor for one in limited.purchases] == [None, 333, None]
    assert [one.store for one in limited.purchases] == ["london-1", "leeds-1", "london-1"]
    assert limited.spend_minor == {}
    assert card_for(floor, path, "associate", None).spend_minor == {}


def test_an_old_id_leads_to_the_profile_and_an_unknown_one_nowhere(stage: Stage, sam: httpx.Client) -> None:
    path = card_path(sam, "L0001")
    assert sam.get("/store/c/" + "0" * 32).status_code == 404
    assert sam.get("/store/c/nonsense").status_code == 400
    record = stage.send(details("crm-1", external_id="c-1", **JANE), source="crm")[0]
    assert record.profile_id is not None
    assert sam.get(f"/store/c/{record.profile_id}", follow_redirects=True).url.path == path


def test_a_yes_in_the_store_is_kept_with_its_words_and_audited(stage: Stage, sam: httpx.Client) -> None:
    path = card_path(sam, "L0001")
    assert "Never asked" in sam.get(path).text
    form = consent_form(sam, path, "email")
    page = sam.post(form["action"], data=form | {"status": "granted"}, headers=FRAGMENT)
    check(page, whole=False)
    assert "Noted: the customer said yes" in page.text
    assert "Said yes" in page.text
    assert ", store<" in page.text, "where it was heard"
    lines = audit_of(stage, "consent.given")
    assert len(lines) == 1
    assert lines[0][0].startswith("user:")
    with closing(stage.client()) as owner:
        profile = owner.get(path.replace("/store/c/", "/customers/")).text
        assert "May Corner Shops send you news and offers by e-mail?" in profile or "Consent given" in profile
    form = consent_form(sam, path, "email")
    page = sam.post(form["action"], data=form | {"status": "withdrawn"})
    assert page.headers["location"] == path
    assert "Said no" in sam.get(path).text
    assert [line[1] for line in audit_of(stage, "consent.given", "consent.withdrawn")] == [
        "consent.given",
        "consent.withdrawn",
    ]


def test_the_same_form_counts_once_and_another_answer_is_another_word(
    stage: Stage, sam: httpx.Client
) -> None:
    path = card_path(sam, "L0001")
    form = consent_form(sam, path, "sms")
    for waited in ("60000", "61000", "0"):
        sam.post(form["action"], data=form | {"status": "granted", "waited_ms": waited}, headers=FRAGMENT)
    assert len(audit_of(stage, "consent.given")) == 1
    page = sam.post(form["action"], data=form | {"status": "withdrawn"}, headers=FRAGMENT)
    assert "Said no" in page.text, "a form that was gone back to is not taken for a repeat"


def test_what_waited_counts_from_when_it_was_said(stage: Stage, sam: httpx.Client) -> None:
    path = card_path(sam, "L0001")
    form = consent_form(sam, path, "email")
    later = consent_form(sam, path, "email")
    sam.post(later["action"], data=later | {"status": "withdrawn", "waited_ms": "1000"}, headers=FRAGMENT)
    page = sam.post(
        form["action"], data=form | {"status": "granted", "waited_ms": "600000"}, headers=FRAGMENT
    )
    assert "Said no" in page.text, "the no was said after the yes that waited"
    now = datetime.now(UTC)
    assert said_at(now, "90000") == now - timedelta(seconds=90)
    for odd in ("", "-5", "x", "٣", "1e9"):
        assert said_at(now, odd) == now
    assert said_at(now, "99999999999") == now - timedelta(hours=12)


def test_a_no_holds_for_every_address_of_a_customer(stage: Stage, sam: httpx.Client) -> None:
    stage.send(details("second", loyalty_card="L0001", email="jane@work.example.com"), source="crm")
    for address in ("jane@example.com", "jane@work.example.com"):
        stage.send(
            details(f"yes-{address}", email=address)
            | {"type": "consent.given", "consent": {"channel": "email", "address": address}},
            source="crm",
        )
    path = card_path(sam, "L0001")
    form = consent_form(sam, path, "email")
    sam.post(form["action"], data=form | {"status": "withdrawn"}, headers=FRAGMENT)
    conn = stage.database.connect_owner()
    conn.execute(f"set regulars.workspace_id = {stage.workspace_id}".encode())
    rows = conn.execute("select granted from consent where channel = 'email'").fetchall()
    conn.close()
    assert [row[0] for row in rows] == [False, False]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"csrf": "x"}, 403),
        ({"key": ""}, 400),
        ({"key": "<script>"}, 400),
        ({"channel": "fax"}, 400),
        ({"status": "perhaps"}, 400),
    ],
)
def test_a_consent_that_is_not_whole_is_refused(
    floor: Stage, reader: httpx.Client, changed: dict[str, str], status: int
) -> None:
    form = consent_form(reader, card_path(reader, "L0001"), "email")
    answer = reader.post(form["action"], data=form | {"status": "granted"} | changed)
    assert answer.status_code == status
    assert audit_of(floor, "consent.given") == []


def test_without_an_address_there_is_nothing_to_agree_to(stage: Stage, sam: httpx.Client) -> None:
    stage.send(details("bare", loyalty_card="B1", given_name="Bare"))
    path = card_path(sam, "B1")
    text = sam.get(path).text
    assert "No e-mail is known." in text
    assert "No phone is known." in text
    token = token_in(text)
    for form in ({"channel": "email", "status": "granted"}, {"channel": "sms", "status": "withdrawn"}):
        answer = sam.post(f"{path}/consent", data=form | {"csrf": token, "key": KEY})
        assert answer.status_code == 400
        assert "no address" in answer.text


def test_a_new_customer_is_entered_with_what_they_agreed_to(stage: Stage, sam: httpx.Client) -> None:
    check(sam.get("/store/enrol"))
    page = enrol(
        sam, given_name="Nora", family_name="New", email="Nora@Example.com", phone="020 7946 0555", card="]C1L5555",
        agrees_email="yes",
    )  # fmt: skip
    check(page, whole=False)
    assert "The customer is entered." in page.text
    assert ">Nora New</h1>" in page.text
    assert page.text.count("Said yes") == 1
    path = page.headers["hx-push-url"]
    for text in ("L5555", "nora@example.com", "+442079460555"):
        assert card_path(sam, text) == path
    lines = audit_of(stage, "customer.enrolled", "consent.given")
    assert [line[1] for line in lines] == ["consent.given", "customer.enrolled"]
    assert lines[1][2] == f"profile:{path.rpartition('/')[2]}"
    assert len({line[0] for line in lines}) == 1


def test_a_customer_who_was_there_is_shown_and_said_to_have_been(stage: Stage, sam: httpx.Client) -> None:
    page = enrol(sam, given_name="Jane", family_name="Doe", email="jane@example.com")
    assert "known already" in page.text
    assert page.headers["hx-push-url"] == card_path(sam, "L0001")
    again = enrol(sam, given_name="Jane", card="L0001")
    assert "known already" in again.text


def test_a_second_card_waits_for_somebody_to_look(sam: httpx.Client) -> None:
    """One person has one card, so another one is not theirs by an e-mail alone."""
    page = enrol(sam, given_name="Jane", family_name="Doe", email="jane@example.com", card="L7777")
    assert page.headers["hx-push-url"] == card_path(sam, "L7777") != card_path(sam, "L0001")


def test_an_enrolment_sent_twice_is_one_customer_and_one_line(stage: Stage, sam: httpx.Client) -> None:
    form = next(form for form in forms_in(sam.get("/store/enrol").text) if form["action"] == "/store/enrol")
    sent = form | {"given_name": "Twice", "card": "T1", "phone": "020 7946 0777", "agrees_sms": "yes"}
    first = sam.post("/store/enrol", data=sent | {"waited_ms": "2000"}, headers=FRAGMENT)
    second = sam.post("/store/enrol", data=sent | {"waited_ms": "9000"}, headers=FRAGMENT)
    assert first.headers["hx-push-url"] == second.headers["hx-push-url"]
    assert "The customer is entered." in second.text
    assert len(audit_of(stage, "customer.enrolled")) == 1
    assert len(audit_of(stage, "consent.given")) == 1


@pytest.mark.parametrize(
    ("fields", "told", "field"),
    [
        ({"given_name": "Only"}, "Enter an e-mail, a phone or a card", "email"),
        ({"email": "nora"}, "This is no e-mail address", "email"),
        ({"phone": "12"}, "This is no phone number", "phone"),
        ({"card": "n/a"}, "This is no card number", "card"),
        ({"card": "L1", "agrees_email": "yes"}, "Enter the e-mail they agreed to", "email"),
        ({"email": "n@example.com", "agrees_sms": "yes"}, "Enter the phone they agreed to", "phone"),
        ({"card": "L1", "given_name": "x" * 201}, "A name has at most 200 letters", "given_name"),
        ({"card": "4111111111111111"}, "looks like a payment card", "card"),
    ],
)
def test_what_cannot_be_entered_is_told_at_its_field_and_nothing_is_lost(
    floor: Stage, reader: httpx.Client, fields: dict[str, str], told: str, field: str
) -> None:
    page = enrol(reader, **fields)
    assert page.status_code == 400
    assert told in page.text
    assert f'href="#f-{field}"' in page.text
    assert f'id="f-{field}-error"' in page.text
    for name, value in fields.items():
        if not name.startswith("agrees"):
            assert f'value="{value}"' in page.text
    assert audit_of(floor, "customer.enrolled", "consent.given") == []


def test_a_payment_card_beside_an_email_is_left_out_and_said_to_be(sam: httpx.Client) -> None:
    page = enrol(sam, email="pay@example.com", card="4111 1111 1111 1111")
    assert page.status_code == 200
    assert "looks like a payment card" in page.text
    assert "1111" not in page.text


def test_hostile_names_stay_text_on_the_form_and_the_card(sam: httpx.Client) -> None:
    evil = '"><script>alert(1)</script>'
    page = enrol(sam, given_name=evil, email="bad")
    assert "<script>alert" not in page.text
    page = enrol(sam, given_name=evil, card="E1", phone="020 7946 0666")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert "<script>alert" not in look_up(sam, "E1", **FRAGMENT).text


def test_entering_stops_when_the_source_is_switched_off(stage: Stage, sam: httpx.Client) -> None:
    assert enrol(sam, card="S1").status_code == 200
    stage.run(stage.register.disable(stage.workspace_id, "store"))
    page = enrol(sam, card="S2")
    assert page.status_code == 409
    assert "switched off" in page.text
    assert "Nobody found" in look_up(sam, "S2").text


def test_what_was_said_in_the_store_is_in_the_log_with_its_words(stage: Stage, sam: httpx.Client) -> None:
    path = card_path(sam, "L0001")
    form = consent_form(sam, path, "email")
    sam.post(form["action"], data=form | {"status": "granted"}, headers=FRAGMENT)
    conn = stage.database.connect_owner()
    conn.execute(f"set regulars.workspace_id = {stage.workspace_id}".encode())
    row = conn.execute(
        "select r.sealed_key, e.sealed from event e join record r on r.record_id = e.record_id "
        "where e.type = 'consent.given'"
    ).fetchone()
    conn.close()
    assert row is not None
    from regulars.console.services.log import open_body

    body = open_body(stage.vault, row[0], row[1])
    assert body["consent"]["text"].startswith("May Corner Shops send you news and offers by e-mail?")
    assert msgspec.json.encode(body).count(b"jane@example.com") == 1
