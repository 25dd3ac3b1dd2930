"""A customer who asks about her data, and what an officer does at the desk: for tests of requests."""

from __future__ import annotations

import re
from typing import Any

import httpx

from regulars.console.requests.book import Request
from tests.console.stage import Stage, details, sale, token_in

JANE = {
    "external_id": "c-jane", "loyalty_card": "L0001", "email": "jane.doe@example.com", "phone": "+442079460018",
    "given_name": "Jane", "family_name": "Doe",
}  # fmt: skip
HOSTILE = '<script>alert("1")</script>'


def open_book(stage: Stage) -> Any:
    """The register of requests."""
    assert stage.console is not None
    return stage.console.desk.requests.book


def profile_of(client: httpx.Client, query: str = "L0001") -> str | None:
    """The id of the customer a query finds, or None."""
    found = re.search(r'href="/customers/([0-9a-f]{32})"', client.get("/customers", params={"q": query}).text)
    return found[1] if found else None


def known(stage: Stage, client: httpx.Client) -> str:
    """Jane, known to tills and web shop; the id of her profile."""
    person: dict[str, Any] = {**JANE}
    stage.send(sale("R-1", **person), sale("R-2", total_minor=1250, **person))
    stage.send(
        details("w-1", **{**JANE, "external_id": "web-7", "birth_date": "1990-02-01"}), source="webshop"
    )
    profile = profile_of(client)
    assert profile is not None
    return profile


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form with its token."""
    return client.post(path, data={"csrf": token_in(client.get("/requests/new").text), **fields})


def take(client: httpx.Client, path: str, step: str, **fields: str) -> httpx.Response:
    """Send the form of a step; the page it leads to, or the one with its fault."""
    form = {"csrf": token_in(client.get("/requests/new").text), "step": step, **fields}
    return client.post(path, data=form, follow_redirects=True)


def today(stage: Stage) -> str:
    """The day the register has, as forms write it."""
    return str(stage.run(open_book(stage).today()))


def ask(stage: Stage, client: httpx.Client, kind: str, profile: str, **more: str) -> str:
    """A request written down and its identity checked; the path of its page."""
    fields = {
        "kind": kind, "came_by": "letter", "received_on": today(stage), "customer": profile,
        "asked_by": "Jane Doe", "wording": "As is my right.", **more,
    }  # fmt: skip
    answer = post(client, "/requests", **fields)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    assert "Check who asks" in client.get(path).text
    page = take(client, path, "check", method="account")
    assert page.status_code == 200, page.text
    assert "Identity checked" in page.text
    return str(path)


def one(stage: Stage, path: str) -> Request:
    """A request by the path of its page."""
    found: Request = stage.run(open_book(stage).one(int(path.rpartition("/")[2])))
    return found
