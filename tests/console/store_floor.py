"""A small shop for the tests of the store's screens: people to find, and roles to find them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx

from tests.console.stage import Stage, details, sale, token_in

ASSOCIATE = "sam@example.com"
FRAGMENT = {"HX-Request": "true"}
JANE = {
    "loyalty_card": "L0001",
    "email": "jane@example.com",
    "phone": "+44 20 7946 0018",
    "given_name": "Jane",
    "family_name": "Doe",
}


def open_floor(stage: Stage) -> None:
    """Jane with purchases in two stores, Peter with one, a receipt that names nobody, and an associate."""
    now = datetime.now(UTC)
    at = [now - timedelta(days=days) for days in (40, 9, 5, 3)]
    stage.send(
        sale("R-1", at=at[0], total_minor=111, **JANE),
        sale("R-2", at=at[1], total_minor=222, **JANE),
        sale("R-3", at=at[2], total_minor=333, store="leeds-1", **JANE),
        sale("R-4", at=at[3], total_minor=444, **JANE),
        sale("R-5", loyalty_card="L0002", given_name="Peter", family_name="Doe", email="peter@example.com"),
        sale("R-500"),
        details(
            "d-1", at=at[1], **JANE, traits={"shoe_size": "39", "wishes": ["red boots"], "colour": "green"}
        ),
    )
    stage.add_account(ASSOCIATE, "associate", "Sam Associate")


def look_up(client: httpx.Client, text: str, **headers: str) -> httpx.Response:
    """Type a text into the field and press Enter."""
    token = token_in(client.get("/store").text)
    return client.post("/store/find", data={"csrf": token, "q": text}, headers=headers)


def card_path(client: httpx.Client, text: str) -> str:
    """The address of the one customer that a text finds."""
    answer = look_up(client, text)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def forms_in(page: str) -> list[dict[str, str]]:
    """The hidden fields of each form of a page, and where it goes."""
    found = []
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        action = re.search(r'action="([^"]*)"', form)
        fields = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
        found.append({"action": action[1] if action else "", **fields})
    return found


def consent_form(client: httpx.Client, path: str, channel: str) -> dict[str, str]:
    """The form of a channel on a customer's card."""
    return next(form for form in forms_in(client.get(path).text) if form.get("channel") == channel)
