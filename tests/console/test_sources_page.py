"""The list of sources: what each sent, what of it waits, and where a vendor sends to."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import httpx

from regulars.console.services import source_list
from tests.console.stage import Stage, sale


def test_sources_tell_what_they_sent_what_waits_and_where_a_vendor_sends_to(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.run(
        stage.register.create(
            stage.workspace_id,
            "high-street",
            kind="square",
            options={"note": "hush-0"},
            secrets={"signature_key": "hush-1", "access_token": "hush-2"},
        )
    )
    stage.send(sale("R-1"), sale("R-2"))
    stage.send(b"{", source="club")
    page = visitor.get("/keys/sources").text
    rows = {re.findall(r'strong wrap"[^>]*>([^<]+)<', row)[0]: row for row in page.split("<tr data-row>")[1:]}
    assert set(rows) == {"high-street", "tills", "club"}
    assert ">2</td>" in rows["tills"] and "just now" in rows["tills"] and ">On<" in rows["tills"]
    assert ">0</td>" in rows["club"] and "none lately" in rows["club"] and ">1</a>" in rows["club"]
    assert "http://127.0.0.1:8400/hooks/high-street" in rows["high-street"]
    assert "Square" in rows["high-street"]
    assert "/hooks/" not in rows["tills"]
    assert "hush" not in page
    rejected = re.search(r'href="(/events\?[^"]+)"', rows["club"])
    assert rejected is not None
    assert visitor.get(html.unescape(rejected[1])).text.count('data-event="q') == 1


def test_a_busy_log_is_counted_from_its_end_and_says_so(stage: Stage) -> None:
    stage.send(*(sale(f"R-{n}") for n in range(5)))

    async def load(most: int, now: datetime) -> source_list.SourcesPage:
        known = await stage.register.list(stage.workspace_id)
        async with stage.database.read(stage.workspace_id) as conn:
            return await source_list.sources_page(
                conn,
                stage.workspace_id,
                known,
                connectors={},
                base_url="",
                live_keys={},
                now=now,
                most=most,
            )

    now = datetime.now(UTC)
    full = stage.run(load(3, now))
    assert (full.cut, full.lines[0].events) == (True, 3)
    whole = stage.run(load(100, now))
    assert (whole.cut, whole.lines[0].events) == (False, 5)
    later = stage.run(load(3, now + timedelta(hours=25)))
    assert (later.cut, later.lines[0].events) == (False, 0)
    assert later.lines[0].last_at is not None
