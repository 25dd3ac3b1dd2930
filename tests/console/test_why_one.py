"""The page that explains why records are one person: in words, with the numbers at hand, and no more than a role sees."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from regulars.console.accounts import Role
from regulars.vocabulary.events import LINKED, Decision, Event
from regulars.vocabulary.intake import own_source
from tests.console.stage import Stage, details

JANE = {"given_name": "Jane", "family_name": "Doe", "birth_date": "1990-02-01"}
FAMILY = "family.doe@example.com"
PHONE = "+44 20 7946 0018"


def tell(stage: Stage) -> None:
    """Jane by e-mail and phone in three records, and Omar who shares her e-mail."""
    stage.send(
        details("e-1", external_id="c1", email=FAMILY, **JANE),
        details("e-2", external_id="c2", email=FAMILY, phone=PHONE, given_name="Jane", family_name="Doe"),
        details("e-3", external_id="c3", phone=PHONE, given_name="Jane", family_name="Doe"),
        details("e-4", external_id="c4", email=FAMILY, given_name="Omar", family_name="Doe"),
    )


def customer(guest: httpx.Client, query: str) -> str:
    found = re.search(r'href="(/customers/[0-9a-f]{32})"', guest.get("/customers", params={"q": query}).text)
    assert found is not None
    return found[1]


def text_of(page: httpx.Response) -> str:
    """What a page says, without its markup."""
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_page_says_in_words_what_links_and_what_does_not(stage: Stage) -> None:
    tell(stage)
    guest = stage.client()
    base = customer(guest, "jane")
    told = text_of(guest.get(f"{base}/why-one"))
    assert "3 records are one person, linked by e-mail, phone." in told
    assert "E-mail: the same" in told
    assert "But given name: different." in told
    assert "If this e-mail counted for nothing" in told
    assert FAMILY in told
    assert re.search(r"Weight of the pair \+\d+\.\d", told)
    profile = guest.get(base).text
    assert f'href="{base}/why-one"' in profile
    assert "E-mail: the same" in profile
    other = customer(guest, "omar")
    between = text_of(guest.get(f"{base}/why-one", params={"other": other.rpartition("/")[2]}))
    assert "These are two people. E-mail: the same" in between


def test_the_way_between_two_records_is_shown_step_by_step(stage: Stage) -> None:
    tell(stage)
    guest = stage.client()
    base = customer(guest, "jane")
    page = guest.get(f"{base}/why-one").text
    choices = dict.fromkeys(re.findall(r'<option value="([0-9a-f]{32})"', page))
    assert len(choices) == 3
    steps = {
        (one, other): text_of(guest.get(f"{base}/why-one", params={"from": one, "to": other})).count("Step ")
        for one in choices
        for other in choices
    }
    # Each step is named twice more, by the table that compares the two field by field.
    assert sorted(steps.values()) == [0, 0, 0, *([2] * 4), *([4] * 2)]


def test_a_record_of_somebody_else_is_no_way(stage: Stage) -> None:
    tell(stage)
    guest = stage.client()
    jane, omar = customer(guest, "jane"), customer(guest, "omar").rpartition("/")[2]
    mine = jane.rpartition("/")[2]
    for params in (
        {"from": mine, "to": omar},
        {"from": omar, "to": omar},
        {"from": "x", "to": mine},
        {"other": "0" * 32},
        {"other": "<script>"},
    ):
        assert guest.get(f"{jane}/why-one", params=params).status_code == 404
    assert guest.get(f"/customers/{'0' * 32}/why-one").status_code == 404


@pytest.mark.parametrize(
    ("role", "clear"),
    [("owner", True), ("manager", True), ("privacy", True), ("marketer", False), ("engineer", False),
     ("associate", False)],
)  # fmt: skip
def test_contacts_and_birth_dates_are_for_those_only_who_see_them(
    stage: Stage, role: Role, clear: bool
) -> None:
    tell(stage)
    stage.send(details("e-5", external_id="c5", birth_date="1990-02-01", loyalty_card="L-998877", **_name()))
    stage.send(details("e-6", external_id="c6", birth_date="1990-02-01", loyalty_card="L-998877", **_name()))
    email = f"{role}@shops.example"
    stage.add_account(email, role)
    guest = stage.client(email=email)
    for query in ("jane", "nia"):
        page = guest.get(f"{customer(guest, query)}/why-one")
        assert page.status_code == 200
        secrets = [FAMILY, "7946 0018", "79460018"] if query == "jane" else ["1990-02-01", "L-998877"]
        assert any(secret in page.text for secret in secrets) == clear
        assert "Jane" in page.text or "Nia" in page.text


def _name() -> dict[str, Any]:
    return {"given_name": "Nia", "family_name": "Quill"}


def test_hostile_names_are_text(stage: Stage) -> None:
    name = "<script>alert(1)</script>"
    stage.send(
        details("e-7", external_id="h1", email="h@example.com", given_name=name, family_name="Hostile")
    )
    stage.send(
        details("e-8", external_id="h2", email="h@example.com", given_name=name, family_name="Hostile")
    )
    guest = stage.client()
    page = guest.get(f"{customer(guest, 'hostile')}/why-one").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_word_by_hand_is_shown_with_who_said_it_and_why(stage: Stage) -> None:
    tell(stage)
    guest = stage.client()
    base = customer(guest, "jane")
    records = re.findall(r'<option value="([0-9a-f]{32})"', guest.get(f"{base}/why-one").text)[:3]
    pairs = [(records[0], other) for other in records[1:]]
    word = Decision(pairs=pairs, together=False, actor="cli", reason="They are <sisters>")
    event = Event(id="w-1", type=LINKED, occurred_at=datetime.now(UTC) - timedelta(minutes=1), decision=word)
    body = msgspec.json.encode(event)
    (said,) = stage.run(stage.gate.submit(own_source(stage.workspace_id), [body], door="test"))
    assert said.status == "applied"
    told = guest.get(f"/customers/{records[0]}/why-one", follow_redirects=True).text
    assert "Somebody said that these are two people." in told
    assert "Command line" in told
    assert "They are &lt;sisters&gt;" in told
