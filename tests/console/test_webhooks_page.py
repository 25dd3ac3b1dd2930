"""Webhooks in the console: a secret seen once, what was told and answered, and doors for two roles alone."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.store.audit import verify_chain
from regulars.store.webhooks import Endpoint
from tests.console.stage import Stage, token_in
from tests.console.test_pages import FRAGMENT, check
from tests.console.told import HOSTILE, NOBODY, add_endpoint, add_messages
from tests.delivery.receiver import Receiver, answering, open_receiver

SECRET = re.compile(r"whsec_[\w+/=]+")


def fill(client: httpx.Client, path: str, action: str | None = None, **fields: str) -> httpx.Response:
    """Open the page of a form and send it."""
    return client.post(action or path, data={"csrf": token_in(client.get(path).text), **fields})


def add(client: httpx.Client, url: str = f"{NOBODY}/in", **fields: str) -> httpx.Response:
    given = {"url": url, "description": "Warehouse", "type:sale.recorded": "1", **fields}
    return fill(client, "/webhooks/new", "/webhooks", **given)


def secrets_in(page: httpx.Response) -> set[str]:
    return set(SECRET.findall(unescape(page.text)))


def all_of(stage: Stage) -> list[Endpoint]:
    found: list[Endpoint] = stage.run(stage.webhooks.endpoints(stage.workspace_id))
    return found


@contextmanager
def receiving(*said: int | tuple[int, dict[str, str], bytes]) -> Iterator[Receiver]:
    """A receiver beside the server under test, on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opened = open_receiver(answering(*said))
    try:
        yield asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def test_a_webhook_is_added_and_its_secret_shown_once(stage: Stage, visitor: httpx.Client) -> None:
    page = add(visitor, **{"type:consent.changed": "1"})
    assert page.status_code == 200, page.text
    [secret] = secrets_in(page)
    for path in ("/webhooks", "/webhooks/1", "/webhooks/1/edit", "/audit"):
        assert secret not in unescape(visitor.get(path).text)
    [made] = all_of(stage)
    assert (made.url, made.types) == (f"{NOBODY}/in", ["sale.recorded", "consent.changed"])
    rotated = fill(visitor, "/webhooks/1", "/webhooks/1/rotate")
    assert secrets_in(rotated)
    assert secret not in secrets_in(rotated)
    assert "Old secret signs until" in visitor.get("/webhooks/1").text


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"url": "http://10.0.0.8/"}, "url", "https://"),
        ({"url": "https://10.0.0.8/"}, "url", "public internet"),
        ({"url": "https://169.254.169.254/latest"}, "url", "public internet"),
        ({"url": "nonsense"}, "url", "no address"),
        ({"url": ""}, "url", "1 to 2000"),
        ({"url": "https://example.com/" + "x" * 2_000}, "url", "1 to 2000"),
        ({"type:sale.recorded": "", "type:nonsense": "1"}, "types", "Choose one or more"),
        ({"description": "x" * 201}, "description", "at most 200"),
    ],
)
def test_a_form_that_cannot_be_used_says_why_and_keeps_what_was_typed(
    stage: Stage, visitor: httpx.Client, fields: dict[str, str], field: str, told: str
) -> None:
    page = add(visitor, **fields)
    assert page.status_code == 400
    assert f'href="#f-{field}"' in page.text
    assert told in unescape(page.text)
    assert fields.get("description", "Warehouse") in page.text
    assert all_of(stage) == []
    check_ids = re.findall(r'\sid="([^"]+)"', page.text)
    assert len(check_ids) == len(set(check_ids))


def test_a_webhook_without_messages_is_none(stage: Stage, visitor: httpx.Client) -> None:
    page = fill(visitor, "/webhooks/new", "/webhooks", url=f"{NOBODY}/", description="")
    assert page.status_code == 400
    assert 'aria-describedby="f-types-error"' in page.text


def test_it_is_changed_switched_off_and_on_and_deleted(stage: Stage, visitor: httpx.Client) -> None:
    add_endpoint(stage)
    changed = fill(visitor, "/webhooks/1/edit", url=f"{NOBODY}/other", **{"type:event.rejected": "1"})
    assert changed.headers["location"] == "/webhooks/1?done=changed"
    [now] = all_of(stage)
    assert (now.url, now.types, now.description) == (f"{NOBODY}/other", ["event.rejected"], "")
    assert fill(visitor, "/webhooks/1/edit", url="https://10.0.0.8/").status_code == 400
    fill(visitor, "/webhooks/1", "/webhooks/1/off")
    assert all_of(stage)[0].health == "off"
    assert "Switch on" in visitor.get("/webhooks/1").text
    fill(visitor, "/webhooks/1", "/webhooks/1/on")
    assert all_of(stage)[0].health == "new"
    assert fill(visitor, "/webhooks/1/delete").headers["location"] == "/webhooks?done=deleted"
    assert all_of(stage) == []
    assert visitor.get("/webhooks/1").status_code == 404


def test_a_test_message_shows_its_answer_at_once(stage: Stage, visitor: httpx.Client) -> None:
    with receiving((200, {}, b"welcome"), (500, {}, HOSTILE.encode())) as receiver:
        [secret] = secrets_in(add(visitor, receiver.url))
        page = fill(visitor, "/webhooks/1", "/webhooks/1/test")
        assert "The test message was taken" in page.text
        assert "welcome" in page.text
        assert receiver.got[0].verified(secret)["type"] == "webhook.test"
        page = fill(visitor, "/webhooks/1", "/webhooks/1/test")
        assert "The test message was not taken" in page.text
        check(page)
    page = fill(visitor, "/webhooks/1", "/webhooks/1/test")
    assert "Nothing could be reached there" in page.text


def test_deliveries_are_listed_by_state_and_type_page_by_page(stage: Stage, visitor: httpx.Client) -> None:
    add_endpoint(stage)
    done = add_messages(stage, 1, "done", 53)
    [dead] = add_messages(stage, 1, "dead", 1, type_="consent.changed")

    def shown(path: str) -> list[int]:
        return [int(one) for one in re.findall(r'/deliveries/(\d+)"', visitor.get(path).text)]

    assert shown("/webhooks/1") == [dead, *reversed(done[4:])]
    older = re.search(r'href="(/webhooks/1\?page=[^"]+)" rel="next"', visitor.get("/webhooks/1").text)
    assert older is not None
    assert shown(older[1]) == list(reversed(done[:4]))
    assert shown("/webhooks/1?state=dead") == shown("/webhooks/1?type=consent.changed") == [dead]
    assert shown("/webhooks/1?state=pending") == []
    assert "No delivery passes these filters" in visitor.get("/webhooks/1?state=pending").text
    assert visitor.get("/webhooks/1?page=nonsense").status_code == 400


def test_a_delivery_shows_body_and_answer_and_is_sent_once_more(stage: Stage, visitor: httpx.Client) -> None:
    add_endpoint(stage, "/in", HOSTILE)
    [dead] = add_messages(stage, 1, "dead", 1)
    path = f"/webhooks/1/deliveries/{dead}"
    check(visitor.get(path))
    check(visitor.get(path, headers=FRAGMENT), whole=False)
    page = unescape(visitor.get(path).text)
    assert "899" in page
    assert "no column named store" in page
    again = fill(visitor, path, f"{path}/resend")
    assert "sent once more" in again.text
    assert fill(visitor, "/webhooks/1", f"{path}/resend").status_code == 409
    assert visitor.get(f"/webhooks/1/deliveries/{dead + 1}").status_code == 404
    assert visitor.get(f"/webhooks/2/deliveries/{dead}").status_code == 404


def test_all_that_failed_since_a_day_is_sent_once_more(stage: Stage, visitor: httpx.Client) -> None:
    add_endpoint(stage)
    add_messages(stage, 1, "dead", 3)
    assert fill(visitor, "/webhooks/1", "/webhooks/1/resend", since="someday").status_code == 400
    assert "Nothing failed" in fill(visitor, "/webhooks/1", "/webhooks/1/resend", since="2999-01-01").text
    page = fill(visitor, "/webhooks/1", "/webhooks/1/resend", since="2020-01-01")
    assert "3 messages are sent once more" in page.text
    assert all_of(stage)[0].waiting == 3


@pytest.mark.parametrize("role", get_args(Role))
def test_owners_and_engineers_alone_open_any_of_it(stage: Stage, role: Role) -> None:
    stage.add_account(f"{role}@roles.example", role, role)
    add_endpoint(stage)
    [dead] = add_messages(stage, 1, "dead", 1)
    allowed = role in ("owner", "engineer")
    with closing(stage.client(email=f"{role}@roles.example")) as client:
        for path in ("", "/new", "/1", "/1/edit", "/1/delete", f"/1/deliveries/{dead}"):
            assert client.get(f"/webhooks{path}").status_code == (200 if allowed else 403), path
        token = token_in(client.get("/customers").text)
        if not allowed:
            for path in ("", "/1/edit", "/1/delete", "/1/on", "/1/off", "/1/rotate", "/1/test", "/1/resend",
                         f"/1/deliveries/{dead}/resend"):  # fmt: skip
                assert client.post(f"/webhooks{path}", data={"csrf": token}).status_code == 403, path
    assert all_of(stage)[0].old_secret_until is None


def test_a_form_without_its_token_does_nothing(stage: Stage, visitor: httpx.Client) -> None:
    add_endpoint(stage)
    [dead] = add_messages(stage, 1, "dead", 1)
    before = all_of(stage)
    for path in ("", "/1/edit", "/1/delete", "/1/on", "/1/off", "/1/rotate", "/1/test", "/1/resend",
                 f"/1/deliveries/{dead}/resend"):  # fmt: skip
        fields = {"url": f"{NOBODY}/x", "type:sale.recorded": "1", "since": "2020-01-01"}
        assert visitor.post(f"/webhooks{path}", data=fields).status_code == 403, path
    assert all_of(stage) == before


@pytest.mark.parametrize("number", ["0", "2", "x", "-1", "9" * 12, "9" * 40, "%00"])
def test_what_is_not_there_is_not_found(stage: Stage, visitor: httpx.Client, number: str) -> None:
    add_endpoint(stage)
    for path in (f"/webhooks/{number}", f"/webhooks/{number}/edit", f"/webhooks/1/deliveries/{number}"):
        assert visitor.get(path).status_code == 404, path
    for verb in ("on", "off", "rotate", "test", "delete"):
        answer = fill(visitor, "/webhooks/1", f"/webhooks/{number}/{verb}")
        assert answer.status_code == 404, verb


def test_the_audit_trail_tells_all_of_it_in_words(stage: Stage, visitor: httpx.Client) -> None:
    add(visitor)
    [dead] = add_messages(stage, 1, "dead", 1)
    for verb in ("rotate", "off", "on", "test", f"deliveries/{dead}/resend"):
        fill(visitor, "/webhooks/1", f"/webhooks/1/{verb}")
    fill(visitor, "/webhooks/1/edit", url=f"{NOBODY}/x", **{"type:sale.recorded": "1"})
    fill(visitor, "/webhooks/1/delete")
    page = visitor.get("/audit?group=webhooks").text
    for words in ("added", "changed", "switched off", "switched on", "deleted"):
        assert f"Webhook {words}" in page
    for words in ("Secret of a webhook rotated", "Test message sent", "Messages sent once more"):
        assert words in page
    assert f"{NOBODY}/" not in page, "the path of an address is often a secret"
    with stage.database.session(stage.workspace_id) as connection:
        assert verify_chain(connection, stage.workspace_id)[1] is None
