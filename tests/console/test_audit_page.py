"""The audit log: names, filters, pages, the check of the chain, the file, and who may see it."""

from __future__ import annotations

import ast
import asyncio
import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, get_args
from uuid import uuid4

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.services.audit import Filters, objects_meant, read_filters
from regulars.console.services.audit_export import COLUMNS, harmless
from regulars.console.services.audit_words import ACTIONS, GROUPS, value_words
from regulars.store.audit import write_line_async
from regulars.store.database import set_workspace
from regulars.store.keys import Keys
from regulars.store.sources import Sources
from tests.console.stage import Stage, token_in
from tests.console.test_pages import FRAGMENT, check

SOURCE = Path(__file__).resolve().parents[2] / "src" / "regulars"
WRITERS = {"_tell", "write_line_async", "audit_line"}
PROFILE = "0123456789abcdef0123456789abcdef"


def log(stage: Stage, *lines: tuple[str, str, str, dict[str, Any]]) -> None:
    """Add lines: actor, action, object, details."""

    async def add() -> None:
        async with stage.database.write(stage.workspace_id) as conn:
            for actor, action, object_, details in lines:
                await write_line_async(conn, stage.workspace_id, actor, action, object_, details)

    stage.run(add())


def behind_its_back(stage: Stage, sql: LiteralString, *, workspace_id: int | None = None) -> None:
    """Change a workspace as the owner of the database, past the program."""
    with stage.database.connect_owner() as owner, owner.transaction():
        set_workspace(owner, workspace_id or stage.workspace_id)
        assert owner.execute(sql).rowcount > 0


def rows_in(page: str) -> list[str]:
    """The rows of the table."""
    return re.findall(r"<tr data-row.*?</tr>", page, re.DOTALL)


def row_of(page: str, text: str) -> str:
    """The one row that holds a text."""
    found = [row for row in rows_in(page) if text in row]
    assert len(found) == 1, (text, len(found))
    return found[0]


def numbers_in(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-line="(\d+)"', page)]


def file_rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


@pytest.fixture(scope="module")
def told(quiet: Stage) -> Stage:
    """A console with a hundred and more lines of many kinds; no test changes them."""
    lines: list[tuple[str, str, str, dict[str, Any]]] = [
        ("cli", "source.created", "source:web", {"kind": "api"}),
        ("cli", "customer.exported", f"profile:{PROFILE}", {"events": 3}),
        ("demo", "journey.published", "journey:7", {"version": {"before": 1, "after": 2}}),
        ("", "store.updated", "store:london-1", {}),
    ]
    log(quiet, *lines, *(("cli", "source.configured", f"source:s{n}", {}) for n in range(110)))
    return quiet


@pytest.fixture(scope="module")
def reader(told: Stage) -> Iterator[httpx.Client]:
    """The owner's browser over the many lines."""
    client = told.client()
    yield client
    client.close()


@pytest.mark.parametrize(
    "path", ["/audit", "/audit?group=sources&actor=cli&from=2020-01-01", "/audit?object=nothing"]
)
def test_the_page_renders_whole_and_as_fragment(reader: httpx.Client, path: str) -> None:
    check(reader.get(path))
    check(reader.get(path, headers=FRAGMENT), whole=False)


def test_people_and_keys_go_by_their_names(stage: Stage, visitor: httpx.Client) -> None:
    eve = stage.add_account("eve@example.com", role="engineer", name="Eve Engineer")
    keys = Keys(stage.database, Sources(stage.database, stage.master), audit=write_line_async)
    made = stage.run(
        keys.create(
            stage.workspace_id,
            name="web shop",
            scopes=["events:write"],
            source="web",
            actor=f"user:{eve.hex}",
        )
    )
    log(stage, (f"key:{made.key_id}", "consent.given", "consent:email", {"source": "web"}))
    page = visitor.get("/audit").text
    created = row_of(page, "API key created")
    assert "Eve Engineer" in created
    assert created.count("API key web shop") >= 1
    assert "events:write" in created
    given = row_of(page, "Consent given")
    assert ">API key web shop<" in given
    assert "Consent for email" in given
    assert "Signed in" in page and "Olive Owner" in row_of(page, "Signed in")
    assert eve.hex not in re.sub(r'(href|value)="[^"]*"', "", page)


def test_who_is_gone_and_what_is_unknown_show_as_they_are(stage: Stage, visitor: httpx.Client) -> None:
    gone = uuid4()
    log(
        stage,
        (f"user:{gone.hex}", "tower.climbed", "tower:7", {"height_m": 12}),
        ("user:unknown", "session.refused", "user:unknown", {}),
        ("cli", "account.role_changed", f"user:{gone.hex}", {"from": "marketer", "to": "owner"}),
        ("cli", "customer.erased", PROFILE, {"records": 2, "a": 1, "b": 2, "c": 3, "reason": "letter"}),
    )
    page = visitor.get("/audit").text
    climbed = row_of(page, "tower.climbed")
    assert gone.hex[:8] in climbed and "tower:7" in climbed and "Height m:" in climbed
    assert "Unknown address" in row_of(page, "Sign-in refused")
    assert "marketer → owner" in row_of(page, "Role changed")
    erased = row_of(page, "Customer erased")
    assert "Erasure 01234567" in erased
    assert "<details" in erased and "letter" in erased


def test_a_customer_leads_to_the_profile(reader: httpx.Client) -> None:
    page = reader.get("/audit?group=customers").text
    assert f'<a href="/customers/{PROFILE}">Customer 01234567</a>' in row_of(page, "exported")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("group=customers", {"Customer&#39;s data exported"}),
        ("group=registers", {"Shop changed"}),
        ("group=other", {"journey.published"}),
        ("group=people", {"Account added", "Signed in"}),
        ("actor=demo", {"journey.published"}),
        ("actor=regulars", {"Shop changed"}),
        ("object=source:web", {"Source added"}),
        ("object=web", {"Source added"}),
        ("object=01234567-89ab-cdef-0123-456789abcdef", {"Customer&#39;s data exported"}),
        (f"object={PROFILE}", {"Customer&#39;s data exported"}),
        ("group=sources&object=s7", {"Source configured"}),
        ("group=keys", set()),
        ("to=2020-01-01", set()),
        ("from=2199-01-01", set()),
        ("object=%00&from=yesterday&to=9999-12-31&group=none&actor=demo", {"journey.published"}),
    ],
)
def test_a_filter_keeps_what_fits(reader: httpx.Client, query: str, shown: set[str]) -> None:
    page = reader.get(f"/audit?{query}").text
    assert {
        found for row in rows_in(page) for found in re.findall(r'class="strong"[^>]*>([^<]*)<', row)
    } == shown
    assert ("No line passes these filters" in page) is (not shown)


def test_days_are_those_of_the_shop_and_both_ends_count(stage: Stage, visitor: httpx.Client) -> None:
    behind_its_back(stage, "update audit set at = '2026-07-01T23:30:00Z' where audit_no = 1")
    for query, there in (
        ("from=2026-07-02&to=2026-07-02", True),
        ("to=2026-07-01", False),
        ("from=2026-07-03", False),
    ):
        assert ("Account added" in visitor.get(f"/audit?{query}").text) is there, query


def test_each_filter_can_be_taken_away(reader: httpx.Client) -> None:
    page = reader.get("/audit?group=sources&actor=cli&object=web&from=2020-01-02&to=2199-01-01").text
    chips = re.findall(r'<a class="chip" href="([^"]+)"[^>]*><span class="sr">[^<]*</span>([^<]+)', page)
    assert [words for _, words in chips] == [
        "Sources", "Who: Command line", "About: web", "From 2 Jan 2020", "Up to 1 Jan 2199",
    ]  # fmt: skip
    for (href, _), gone in zip(chips, ("group", "actor", "object", "from", "to"), strict=True):
        assert f"{gone}=" not in href
        assert href.count("=") == 4
    assert 'class="chip" href' not in reader.get("/audit").text


def test_nothing_yet_is_told_apart_from_nothing_found(stage: Stage, visitor: httpx.Client) -> None:
    assert "No line passes these filters" in visitor.get("/audit?actor=demo").text
    behind_its_back(stage, "delete from audit")
    assert "Nothing is logged yet" in visitor.get("/audit").text


@pytest.mark.parametrize("query", ["", "?group=sources"])
def test_pages_follow_each_other_without_gap_or_repeat(reader: httpx.Client, query: str) -> None:
    seen: list[int] = []
    path = f"/audit{query}"
    pages = 0
    for _ in range(9):
        page = reader.get(path).text
        seen += numbers_in(page)
        pages += 1
        assert ("Newest" in page) is (pages > 1)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        if older is None:
            break
        path = older[1].replace("&amp;", "&")
    assert pages == 3
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 111 if query else seen == list(range(seen[0], 0, -1))
    assert reader.get("/audit?page=zz").status_code == 400


def test_a_whole_chain_is_said_to_be_whole(stage: Stage, visitor: httpx.Client) -> None:
    token = token_in(visitor.get("/audit").text)
    answer = visitor.post("/audit/check?group=people", data={"csrf": token})
    check(answer)
    assert "The chain is intact" in answer.text
    assert "2 lines were checked" in answer.text
    assert 'href="/audit.csv?group=people"' in answer.text
    again = visitor.get("/audit/check?group=people")
    assert (again.status_code, again.headers["location"]) == (303, "/audit?group=people")


@pytest.mark.parametrize(
    ("harm", "line"),
    [
        ("update audit set actor = 'user:other' where audit_no = 2", 2),
        ("update audit set details = '{}' where audit_no = 3", 3),
        ("delete from audit where audit_no = 2", 3),
        ("delete from audit where audit_no = 4", 4),
    ],
)
def test_the_check_finds_what_was_done_behind_its_back(
    stage: Stage, visitor: httpx.Client, harm: LiteralString, line: int
) -> None:
    log(
        stage,
        ("cli", "source.created", "source:a", {"kind": "api"}),
        ("cli", "source.disabled", "source:a", {}),
    )
    behind_its_back(stage, harm)
    token = token_in(visitor.get("/audit").text)
    fragment = visitor.post("/audit/check", data={"csrf": token}, headers=FRAGMENT)
    check(fragment, whole=False)
    assert f"The chain is broken at line {line}" in fragment.text
    assert 'role="alert"' in fragment.text


def test_lines_added_during_a_check_are_no_break(stage: Stage, visitor: httpx.Client) -> None:
    token = token_in(visitor.get("/audit").text)
    stop = asyncio.Event()

    async def busy() -> None:
        while not stop.is_set():
            async with stage.database.write(stage.workspace_id) as conn:
                await write_line_async(conn, stage.workspace_id, "cli", "source.enabled", "source:a", {})

    async def start() -> asyncio.Task[None]:
        return asyncio.create_task(busy())

    async def end(task: asyncio.Task[None]) -> None:
        stop.set()
        await task

    writing = stage.run(start())
    try:
        for _ in range(10):
            assert "The chain is intact" in visitor.post("/audit/check", data={"csrf": token}).text
    finally:
        stage.run(end(writing))


def test_a_check_needs_the_token_of_the_form(reader: httpx.Client) -> None:
    assert reader.post("/audit/check", data={}).status_code == 403
    assert reader.post("/audit/check", data={"csrf": "no"}).status_code == 403


@pytest.mark.parametrize("role", get_args(Role))
def test_owners_and_privacy_officers_alone_see_the_log(stage: Stage, role: Role) -> None:
    stage.add_account("one@example.com", role=role, name="Some One")
    client = stage.client(email="one@example.com")
    front = client.get("/customers").text
    status = 200 if role in {"owner", "privacy"} else 403
    token = token_in(front)
    assert ('href="/audit"' in front) is (status == 200)
    assert client.get("/audit").status_code == status
    assert client.get("/audit", headers=FRAGMENT).status_code == status
    assert client.get("/audit.csv").status_code == status
    assert client.post("/audit/check", data={"csrf": token}).status_code == status
    assert client.get("/audit/check").status_code == (303 if status == 200 else 403)
    client.close()


def test_a_stranger_is_led_to_the_form(stage: Stage) -> None:
    client = stage.client(email=None)
    for path in ("/audit", "/audit.csv", "/audit/check"):
        assert client.get(path).headers["location"].startswith("/sign-in"), path
    client.close()


def test_the_file_holds_what_the_filters_keep_and_is_logged(stage: Stage, visitor: httpx.Client) -> None:
    log(
        stage,
        ("cli", "source.created", "source:web", {"kind": "api", "options": ["a", "b"]}),
        ("demo", "source.created", "source:other", {}),
    )
    answer = visitor.get("/audit.csv?actor=cli&from=2020-01-01")
    (row,) = file_rows(answer)
    assert tuple(row) == COLUMNS
    assert (row["who"], row["what"], row["about"]) == ("Command line", "Source added", "Source web")
    assert (row["actor"], row["action"], row["object"]) == ("cli", "source.created", "source:web")
    assert row["details"] == '{"kind":"api","options":["a","b"]}'
    assert datetime.fromisoformat(row["at"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert re.fullmatch("[0-9a-f]{64}", row["hash"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["cache-control"] == "no-store"
    line = row_of(visitor.get("/audit").text, "Audit log exported")
    assert "Olive Owner" in line
    assert "Actor: cli" in line and "From: 2020-01-01" in line
    assert "intact" in visitor.post("/audit/check", data={"csrf": token_in(visitor.get("/audit").text)}).text


def test_the_file_of_nothing_has_its_columns(reader: httpx.Client) -> None:
    assert reader.get("/audit.csv?group=keys").text.strip() == ",".join(COLUMNS)


def test_a_file_ends_at_its_limit(reader: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.console.services.audit_export.LINES_MAX", 7)
    assert len(file_rows(reader.get("/audit.csv?actor=cli"))) == 7


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_file_is_a_formula(stage: Stage, visitor: httpx.Client, name: str) -> None:
    user = stage.add_account("mal@example.com", name="Mal")
    log(stage, (name, name, name, {}))
    (row,) = [one for one in file_rows(visitor.get("/audit.csv")) if name.strip() in one["actor"]]
    for column in ("who", "what", "about", "actor", "action", "object"):
        assert row[column] == f"'{name}", column
    assert harmless(user.hex) == user.hex


def test_hostile_names_are_text(stage: Stage, visitor: httpx.Client) -> None:
    hostile = '"><script>alert(1)</script>'
    user = stage.add_account("mal@example.com", name=hostile)
    log(
        stage,
        (f"user:{user.hex}", f"x.{hostile}", f"source:{hostile}", {hostile: hostile, "more": "y" * 300}),
    )
    log(stage, (hostile, "source.created", hostile, {hostile: [hostile]}))
    page = visitor.get("/audit")
    check(page)
    check(visitor.get("/audit", params={"object": hostile, "actor": hostile}))
    for text in (page.text, visitor.get("/audit", params={"object": hostile}).text):
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in page.text


def test_another_workspace_is_not_in_the_log(stage: Stage, visitor: httpx.Client) -> None:
    with stage.database.connect_owner() as owner:
        owner.execute("insert into workspace (name) values ('other')")
    behind_its_back(
        stage,
        "insert into audit (workspace_id, audit_no, at, actor, action, object, details, hash)"
        " select max(workspace_id), 1, now(), 'cli', 'other.thing', 'x', '{}', '' from workspace",
        workspace_id=stage.workspace_id + 1,
    )
    assert "other.thing" not in visitor.get("/audit").text


def test_every_action_of_the_program_has_words_and_a_group() -> None:
    written = {
        text
        for path in SOURCE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in WRITERS
        for part in call.args
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(text := node.value, str)
        if re.fullmatch(r"[a-z]+\.[a-z_]+", text)
    }
    assert {"key.created", "audit.exported", "customer.erased"} <= written
    assert written - set(ACTIONS) == set()
    families = [family for _, _, some in GROUPS for family in some]
    assert {action.partition(".")[0] for action in ACTIONS} == set(families)
    assert len(families) == len(set(families))


def test_values_are_told_in_words() -> None:
    assert value_words({"before": None, "after": ["a", "b"]}) == "– → a, b"
    assert value_words({"name": True, "lines": 0}) == "Name: yes, Lines: 0"
    assert "…" in value_words([[[[[[1]]]]]])


def test_filters_are_read_and_written_the_same() -> None:
    filters = Filters("keys", "cli", "key:x", date(2026, 1, 2), date(2026, 2, 3))
    assert read_filters(filters.asked()) == filters
    assert read_filters({"from": "2026-13-01", "to": "1500-01-01", "group": "x"}) == Filters()
    assert objects_meant(f"key:{PROFILE}")[1:] == [
        f"key:{PROFILE}",
        "key:01234567-89ab-cdef-0123-456789abcdef",
    ]


def test_what_somebody_typed_does_not_enter_the_log(stage: Stage, visitor: httpx.Client) -> None:
    """Nobody can write a customer's name into a log that is never erased."""
    known = "key:" + "0" * 32
    for typed in ("jane@example.com", known):
        assert visitor.get("/audit.csv", params={"object": typed, "from": "2026-01-01"}).status_code == 200
    with stage.database.session(stage.workspace_id, read_only=True) as connection:
        found = connection.execute(
            "select details->'filters' from audit where action = 'audit.exported' order by audit_no"
        ).fetchall()
    assert [row[0]["object"] for row in found] == ["...", known]
    assert found[0][0]["from"] == "2026-01-01"
