"""The write-back of a source: what the page shows, what its switch does, and what the log keeps of it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.console.stage import Stage
from tests.console.test_keys_page import fill
from tests.members import PROGRAMME, publish

MEMBER = "5a" * 16
AT = "/keys/sources/high-street/write-back"
ADD = """insert into outbox (workspace_id, kind, source_id, dedupe, body, state, attempts, due_at, done_at, last_error)
values (%(w)s, 'write_back', %(s)s, %(d)s, %(b)s::jsonb, 'dead', 1, now(), now(), %(e)s)"""


@pytest.fixture
def shop(stage: Stage) -> int:
    """A Square source; its number."""
    made = stage.run(
        stage.register.create(
            stage.workspace_id,
            "high-street",
            kind="square",
            secrets={"signature_key": "hush-1", "access_token": "hush-2"},
        )
    )
    return int(made.source.source_id)


async def _give_up(stage: Stage, source_id: int, error: str) -> None:
    body = json.dumps({"member": MEMBER})
    async with stage.database.write(stage.workspace_id) as conn:
        values = {"w": stage.workspace_id, "s": source_id, "d": uuid4(), "b": body, "e": error}
        await conn.execute(ADD, values)


def test_the_switch_is_off_until_somebody_turns_it_and_every_turn_is_in_the_log(
    stage: Stage, visitor: httpx.Client, shop: int
) -> None:
    assert "Write-back: off" in visitor.get("/keys/sources").text
    publish(stage, PROGRAMME)
    page = visitor.get("/keys/sources/high-street/write-back")
    assert "is overwritten" in page.text and "hush" not in page.text
    bad = fill(visitor, AT, on="on", programme="ninety")
    assert bad.status_code == 400
    assert "whole number" in bad.text
    on = fill(visitor, AT, on="on", programme="1")
    assert "Write-back is on" in on.text
    assert "Write-back: on" in visitor.get("/keys/sources").text
    assert "Write-back is off" in fill(visitor, AT, programme="1").text
    log = visitor.get("/audit").text
    assert "Write-back switched on" in log and "Write-back switched off" in log


def test_members_that_were_given_up_show_with_the_reason_and_are_tried_again(
    stage: Stage, visitor: httpx.Client, shop: int
) -> None:
    stage.run(_give_up(stage, shop, "vendor_refused: <script>alert(1)</script>"))
    page = visitor.get("/keys/sources/high-street/write-back").text
    assert "&lt;script&gt;alert" in page and "<script>alert" not in page
    assert f'href="/customers/{MEMBER}"' in page
    assert "1 member is tried once more" in fill(visitor, AT, f"{AT}/retry").text
    assert "0 members are tried once more" in fill(visitor, AT, f"{AT}/retry").text
    assert "Write-back tried once more" in visitor.get("/audit").text


def test_a_source_that_keeps_no_points_has_no_such_page(visitor: httpx.Client) -> None:
    assert visitor.get("/keys/sources/tills/write-back").status_code == 404
    assert visitor.get("/keys/sources/none/write-back").status_code == 404


def test_the_command_switches_shows_and_tells_of_everybody(shop: int, regulars: Any) -> None:
    assert regulars("sources", "write-back", "high-street")["on"] is False
    told = regulars("sources", "write-back", "high-street", "on", "--programme", "2")
    assert (told["on"], told["programme"], told["troubled"]) == (True, 2, [])
    assert regulars("sources", "write-back", "high-street", "--all", "--retry")["on"] is True
    assert regulars("sources", "write-back", "high-street", "off")["programme"] == 2
