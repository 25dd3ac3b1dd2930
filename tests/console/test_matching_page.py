"""Matching in the console: the model in words, another one added, looked at and put to work, and back."""

from __future__ import annotations

import re
from html import unescape
from typing import get_args

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.engine.identity_memory import shipped_text
from regulars.intake.rematching import Rematcher
from regulars.store.audit import verify_chain
from tests.console.stage import Stage, details, token_in
from tests.console.test_pages import FRAGMENT, check
from tests.servers import wait_until

STRICT = shipped_text().replace("link = ", "link = 30 #").replace("review = ", "review = 8 #")
HOSTILE = "<script>alert(1)</script>"
JANE = {"given_name": "Jane", "family_name": "Doe", "email": "jane@example.com"}


def fill(client: httpx.Client, path: str, action: str | None = None, **fields: str) -> httpx.Response:
    """Open the page of a form and send it."""
    return client.post(action or path, data={"csrf": token_in(client.get(path).text), **fields})


def add(client: httpx.Client, content: str = STRICT) -> str:
    """The address of a model that was added."""
    answer = fill(client, "/matching/models/new", content=content, frequencies="none")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def rematched(stage: Stage) -> int:
    rematcher = Rematcher(stage.gate, stage.database, stage.master, [stage.workspace_id])
    return int(stage.run(rematcher.finish(stage.workspace_id)))


def test_the_model_at_work_is_told_in_words(visitor: httpx.Client) -> None:
    page = visitor.get("/matching")
    check(page)
    text = unescape(re.sub(r"<[^>]+>", " ", page.text))
    for words in ("Two records start at −17.0 bits", "From 6.0 bits on they are linked", "a short form of the other",
                  "sound of the family name", "None found", "At work"):  # fmt: skip
        assert words in text
    check(visitor.get("/matching/models/1"))


def test_a_model_is_added_looked_at_put_to_work_and_taken_back(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(details("1", external_id="m1", **JANE), details("2", external_id="m2", **JANE))
    where = add(visitor)
    page = visitor.get(f"{where}?done=added")
    check(page)
    assert "Nothing has changed yet" in page.text
    assert fill(visitor, where, f"{where}/preview").status_code == 303
    wait_until(lambda: "of today's customers" in unescape(visitor.get(where).text))
    seen = visitor.get(where).text
    assert "J. D." in seen
    assert "Jane" not in seen

    answer = fill(visitor, where, f"{where}/promote", reason="fewer doubts")
    assert answer.headers["location"] == "/matching?done=promoted"
    page = visitor.get("/matching?done=promoted")
    check(page)
    assert "Records are matched anew: 0%" in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert rematched(stage) == 2  # those that come out otherwise, and that all are done
    assert "Records are matched anew:" not in visitor.get("/matching").text
    assert (
        len(
            {r.profile_id for r in stage.send(details("3", external_id="m1"), details("4", external_id="m2"))}
        )
        == 2
    )

    assert fill(visitor, "/matching", "/matching/rollback", reason="too few").status_code == 303
    rematched(stage)
    assert (
        len(
            {r.profile_id for r in stage.send(details("5", external_id="m1"), details("6", external_id="m2"))}
        )
        == 1
    )
    trail = visitor.get("/audit").text
    for words in ("Matching model added", "Matching model put to work", "fewer doubts", "too few"):
        assert words in trail
    with stage.database.session(stage.workspace_id) as conn:
        assert verify_chain(conn, stage.workspace_id)[1] is None


def test_a_file_may_be_uploaded(visitor: httpx.Client) -> None:
    token = token_in(visitor.get("/matching/models/new").text)
    sent = visitor.post(
        "/matching/models/new",
        data={"csrf": token},
        files={"file": ("m.toml", STRICT.encode(), "text/plain")},
    )
    assert sent.status_code == 303, sent.text
    binary = visitor.post(
        "/matching/models/new", data={"csrf": token}, files={"file": ("m.toml", b"\xff\x00", "text/plain")}
    )
    assert binary.status_code == 400
    assert "no text in UTF-8" in binary.text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Object missing required field `name`"),
        ("x", "This is not TOML"),
        (STRICT.replace('"given_name", ', f'"{HOSTILE}", ', 1), "comparison[0].fields"),
        (STRICT.replace("keep = 0.0", "keep = 0.0\nmore = 1"), "unknown field"),
        ("#" * 300_000, "at most 64 KiB"),
    ],
    ids=["empty", "no TOML", "unknown field", "unknown setting", "too large"],
)
def test_what_is_no_model_comes_back_with_the_place_of_the_fault(
    visitor: httpx.Client, content: str, told: str
) -> None:
    answer = fill(visitor, "/matching/models/new", content=content)
    assert answer.status_code == 400
    assert told in unescape(answer.text)
    assert HOSTILE not in answer.text
    assert content.strip()[:20] in unescape(answer.text)


def test_hostile_names_and_reasons_are_text(visitor: httpx.Client) -> None:
    where = add(visitor, STRICT.replace('name = "retail"', f'name = "{HOSTILE}"', 1))
    fill(visitor, where, f"{where}/promote", reason=HOSTILE)
    for path in ("/matching", where, "/audit"):
        page = visitor.get(path)
        check(page)
        assert HOSTILE not in page.text
        assert HOSTILE in unescape(page.text)


@pytest.mark.parametrize("reason", ["", " ", "x" * 501], ids=["none", "blank", "too long"])
def test_a_model_is_put_to_work_for_a_reason_alone(visitor: httpx.Client, reason: str) -> None:
    where = add(visitor)
    answer = fill(visitor, where, f"{where}/promote", reason=reason)
    assert answer.status_code == 400
    assert "Say why" in answer.text
    assert "At work" not in visitor.get(where).text


def test_there_is_no_way_back_from_the_first_model(visitor: httpx.Client) -> None:
    assert "Go back" not in visitor.get("/matching").text
    answer = fill(visitor, "/matching/models/new", "/matching/rollback", reason="x")
    assert answer.status_code == 404


def test_a_shared_value_is_shown_masked_to_an_engineer_and_in_clear_to_who_may_see_it(
    stage: Stage, visitor: httpx.Client
) -> None:
    names = ("Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal")
    stage.send(
        *(
            details(
                f"g{n}",
                external_id=f"g{n}",
                given_name=name,
                birth_date=f"19{60 + n}-03-04",
                email="shop@example.org",
            )
            for n, name in enumerate(names)
        )
    )
    assert "shop@example.org" in visitor.get("/matching").text
    stage.add_account("eng@example.com", "engineer", "Ed")
    page = stage.client(email="eng@example.com").get("/matching").text
    assert "s•••@example.org" in page
    assert "shop@example.org" not in page


@pytest.mark.parametrize("role", get_args(Role))
def test_the_page_is_in_the_navigation_of_those_who_may_open_it(stage: Stage, role: Role) -> None:
    stage.add_account("one@example.com", role, "One")
    client = stage.client(email="one@example.com")
    may = role in ("owner", "engineer")
    assert client.get("/matching").status_code == (200 if may else 403)
    assert ('href="/matching"' in client.get("/account").text) is may


def test_a_fragment_is_the_page_without_its_frame(visitor: httpx.Client) -> None:
    fragment = visitor.get("/matching", headers=FRAGMENT).text
    assert "<nav" not in fragment.partition("page-head")[0]
    assert "page-head" in fragment


def test_a_form_without_its_token_changes_nothing(visitor: httpx.Client) -> None:
    where = add(visitor)
    for path in ("/matching/models/new", f"{where}/promote", f"{where}/preview", "/matching/rollback"):
        assert visitor.post(path, data={"reason": "x", "content": STRICT}).status_code == 403
    assert "At work" not in visitor.get(where).text
