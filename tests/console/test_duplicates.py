"""Duplicates: the queue, deciding on a pair or on many, undoing, merging and taking apart by hand."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from regulars.console.web.nav import MAY_OPEN
from regulars.store.audit import verify_chain
from tests.console.stage import Stage, details, token_in

HOSTILE = "<script>alert(1)</script>"
WHY = "Both said so"


def lookalikes(stage: Stage, family: str, count: int = 2, **more: Any) -> list[str]:
    """Customers of one name and city: too little to link them. Their records' ids."""
    told = [
        details(f"{family}-{n}", external_id=f"{family}-{n}", given_name="Anna", family_name=family,
                email=f"{family}{n}@example.com".lower(), address={"city": "London"}, **more)
        for n in range(count)
    ]  # fmt: skip
    return [str(result.profile_id) for result in stage.send(*told)]


def post(
    client: httpx.Client, path: str, page: str = "/customers/duplicates", **fields: str
) -> httpx.Response:
    """A form of a page, with its token."""
    return client.post(path, data={"csrf": token_in(client.get(page).text), **fields})


def pairs_in(page: str) -> list[str]:
    return re.findall(r'name="pair" value="([0-9a-f.]{65})"', page)


def profiles_of(stage: Stage, *records: str) -> set[str]:
    with stage.database.session(stage.workspace_id) as connection:
        rows = connection.execute("select record_id, profile_id from record").fetchall()
    now = {record.hex: profile.hex for record, profile in rows}
    return {now[record] for record in records}


def test_a_pair_is_shown_side_by_side_and_merged_and_undone(stage: Stage, visitor: httpx.Client) -> None:
    one, other = lookalikes(stage, HOSTILE)
    page = visitor.get("/customers/duplicates").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    (pair,) = pairs_in(page)
    assert page.count("Differs") >= 1
    assert page.count(">Same<") >= 1
    merged = post(visitor, "/customers/duplicates/decide", pair=pair, answer="together", reason=WHY)
    assert "They are one customer now." in merged.text
    assert len(profiles_of(stage, one, other)) == 1
    (undo,) = re.findall(r'action="(/customers/duplicates/decisions/[0-9a-f]{32}/undo)"', merged.text)
    back = post(visitor, undo, reason="No", **{"from": "queue"})
    assert back.headers["location"] == "/customers/duplicates"
    assert len(profiles_of(stage, one, other)) == 2
    assert pairs_in(visitor.get("/customers/duplicates").text) == [pair]
    with stage.database.session(stage.workspace_id) as connection:
        assert verify_chain(connection, stage.workspace_id)[0]
    trail = visitor.get("/audit").text
    assert "Customers merged" in trail
    assert "Decision on records undone" in trail
