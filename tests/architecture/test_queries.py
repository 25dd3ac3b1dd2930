"""Every query says what it is for, and none reaches into another workspace."""

from __future__ import annotations

import pytest

from tests.architecture.queries import nameless, split, sql_files, unfenced, workspace_tables

TABLES = frozenset({"record", "edge"})


def test_every_query_has_a_name_and_a_purpose() -> None:
    assert [f"{path} {fault}" for path, text in sql_files() for fault in nameless(text)] == []


def test_no_two_queries_of_a_file_share_a_name() -> None:
    for path, text in sql_files():
        names = [name for name, _, _ in split(text)]
        assert sorted(names) == sorted(set(names)), path


def test_every_query_names_the_workspace_of_every_table() -> None:
    found = [
        f"{path} {name}: {fault}"
        for path, text in sql_files()
        for name, _, sql in split(text)
        for fault in unfenced(sql, workspace_tables())
    ]
    assert not found, "\n".join(found)


def test_the_tables_of_a_workspace_are_read_from_the_migrations() -> None:
    assert {"event", "record", "consent", "audit"} <= workspace_tables()
    assert "workspace" not in workspace_tables()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from record where record_id = %(id)s",
        "select * from record r join edge e on e.record_id = r.record_id where r.workspace_id = %(w)s",
        "delete from edge where record_id = any(%(ids)s)",
        "update record set known = true where record_id = %(id)s -- workspace_id = 1",
        "insert into record (record_id) values (%(id)s)",
        "with x as (select * from edge) select * from record where workspace_id = %(w)s",
        "select * from record where note = 'workspace_id = 1'",
    ],
)
def test_a_query_that_forgets_the_workspace_is_found(sql: str) -> None:
    assert unfenced(sql, TABLES)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from record where workspace_id = %(w)s and record_id = %(id)s",
        "select * from record r join edge e on e.workspace_id = r.workspace_id where r.workspace_id = %(w)s",
        "insert into record (workspace_id, record_id) values (%(w)s, %(id)s) on conflict do update set known = true",
        "with d as (select * from jsonb_to_recordset(%(rows)s) as x (id uuid)) select id from d",
        "select a is distinct from record from workspace",
        "select * from record where (workspace_id, record_id) in (select %(w)s, id from d)",
    ],
)
def test_a_query_that_names_the_workspace_passes(sql: str) -> None:
    assert unfenced(sql, TABLES) == []


@pytest.mark.parametrize(
    "text",
    ["select 1;", "-- name: x\nselect 1;", "-- name: x\n-- Purpose.\n", "-- name:\n-- Purpose.\nselect 1;"],
)
def test_a_query_without_name_purpose_or_text_is_found(text: str) -> None:
    assert nameless(text)
