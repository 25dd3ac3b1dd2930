"""The set-up list of the front page: each line is done when the data says so."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import msgspec

from regulars.store.backup import LOG, Taken
from regulars.store.database import Database
from tests.console.stage import Stage, sale, token_in
from tests.console.test_loyalty_page import published
from tests.console.test_registers_page import add
from tests.console.test_settings_page import post


def steps(client: httpx.Client) -> dict[str, bool]:
    """The lines of the list with whether they are done; empty when there is no list."""
    part = unescape(client.get("/").text).partition('id="checklist-title"')[2].partition("</section>")[0]
    found = re.findall(
        r'<span class="sr">(Done|To do):</span></span>\s*<div>(?:<a[^>]*>|<span[^>]*>)([^<]+)<', part
    )
    return {label: state == "Done" for state, label in found}


def note_backup(home: Path, age: timedelta) -> None:
    (home / LOG).write_bytes(msgspec.json.encode(Taken(datetime.now(UTC) - age, "/backups/x")) + b"\n")


def test_each_line_is_done_when_the_data_says_so(database: Database, tmp_path: Path) -> None:
    with Stage(database, home=tmp_path).serving() as stage:
        stage.add_account()
        with closing(stage.client()) as client:
            assert list(steps(client)) == [
                "Name your workspace", "Connect a source", "See the first event", "Give your stores their details",
                "Publish a loyalty programme", "Invite the people you work with", "Make a backup",
            ]  # fmt: skip
            assert not any(steps(client).values())
            post(client, name="Corner Shops")
            assert steps(client)["Name your workspace"]
            add(client, "stores", "soon", name="Opens soon", time_zone="Europe/London")
            assert steps(client)["Give your stores their details"]
            assert not steps(client)["Connect a source"], "what is typed here is no source of yours"
            assert not steps(client)["See the first event"]
            stage.send(sale("R-1", store="corner"))
            told = steps(client)
            assert told["Connect a source"]
            assert told["See the first event"]
            assert not told["Give your stores their details"]
            assert 'href="/settings/stores?show=bare"' in client.get("/").text
            add(client, "stores", "corner", name="Corner", time_zone="Europe/London")
            published(client)
            assert steps(client)["Publish a loyalty programme"]
            stage.add_account("anna@example.com", "engineer", "Anna")
            note_backup(tmp_path, timedelta(days=8))
            assert [label for label, done in steps(client).items() if not done] == ["Make a backup"]
            note_backup(tmp_path, timedelta(days=6))
            assert steps(client) == {}, "nothing is left to do"


def test_a_list_that_was_put_away_stays_away_for_everybody(stage: Stage, visitor: httpx.Client) -> None:
    stage.add_account("erin@example.com", "engineer", "Erin")
    page = visitor.get("/").text
    assert "Make a backup" not in steps(visitor), "backups cannot be known without a home"
    for _ in range(2):
        answer = visitor.post("/settings/checklist", data={"csrf": token_in(page)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert steps(visitor) == {}
    with closing(stage.client(email="erin@example.com")) as engineer:
        assert steps(engineer) == {}
    with stage.database.session(stage.workspace_id) as conn:
        query = "select count(*) from audit where workspace_id = %(w)s and action = 'settings.checklist_dismissed'"
        assert conn.execute(query, {"w": stage.workspace_id}).fetchone() == (1,)
    form = visitor.get("/settings").text
    data = {"csrf": token_in(form), "version": "0", "name": "Still"}
    assert visitor.post("/settings", data=data).status_code == 303, (
        "putting it away is no change of a setting"
    )
    assert steps(visitor) == {}


def test_links_lead_only_to_pages_the_role_may_open(stage: Stage) -> None:
    stage.add_account("erin@example.com", "engineer", "Erin")
    with closing(stage.client(email="erin@example.com")) as engineer:
        home = engineer.get("/").text
        assert 'href="/keys/sources"' in home
        assert 'class="strong" href="/people"' not in home
