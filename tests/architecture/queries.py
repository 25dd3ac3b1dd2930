"""Reads the package's `.sql` files and finds what a query could do across workspaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tests.architecture.tidy import ROOT, SOURCE

# Tables whose rows are workspaces, or belong to none.
GLOBAL_TABLES = frozenset({"workspace", "schema_migration"})

_HEADER = re.compile(r"^--\s*name:[ \t]*(?P<name>\S*)[ \t]*\n(?P<purpose>--[^\n]*)?", re.MULTILINE)
_CREATE = re.compile(
    r"create\s+table\s+(?:if\s+not\s+exists\s+)?(?P<name>[a-z_0-9]+)\s*\((?P<body>.*?)\n\)",
    re.IGNORECASE | re.DOTALL,
)
_NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_REFERENCE = re.compile(
    r"(?<!distinct )(?<!do )\b(?P<verb>from|join|update|into|using)\s+(?:only\s+)?(?P<table>[a-z_0-9]+)\b(?!\s*\()"
    r"(?:\s+(?:as\s+)?(?!on\b|set\b|where\b|using\b|join\b|left\b|order\b|for\b|group\b|cross\b|inner\b|limit\b|values\b"
    r"|returning\b|select\b|union\b|default\b|tablesample\b)(?P<alias>[a-z_0-9]+))?",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"\binto\s+(?P<table>[a-z_0-9]+)(?:\s+(?:as\s+)?[a-z_0-9]+)?\s*\((?P<columns>[^)]*)\)", re.IGNORECASE
)
_BARE = re.compile(
    r"(?<![.\w])workspace_id\s*(?:=|in\b)|=\s*workspace_id\b|(?:using|on conflict)?\s*\(\s*workspace_id\s*,[^)]*\)\s*(?:=|in)\b|using\s*\(\s*workspace_id\b",
    re.IGNORECASE,
)


def sql_files() -> Iterator[tuple[str, str]]:
    """Path and text of each file of named queries; migrations are plain SQL and read elsewhere."""
    for path in sorted(SOURCE.rglob("*.sql")):
        if "migrations" not in path.parts and path.name != "schema.sql":
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@cache
def workspace_tables() -> frozenset[str]:
    """The tables of the migrations that carry a workspace_id, but for those whose rows are workspaces."""
    found: set[str] = set()
    for path in sorted(SOURCE.rglob("migrations/*.sql")):
        text = _NOISE.sub("", path.read_text(encoding="utf-8"))
        found |= {match["name"] for match in _CREATE.finditer(text) if "workspace_id" in match["body"]}
    return frozenset(found - GLOBAL_TABLES)


def split(text: str) -> list[tuple[str, str, str]]:
    """Name, purpose (empty where it lacks one) and SQL of each query in a file."""
    headers = list(_HEADER.finditer(text))
    ends = [*(header.start() for header in headers[1:]), len(text)]
    return [
        (
            header["name"],
            (header["purpose"] or "").removeprefix("--").strip(),
            text[header.end() : end].strip(),
        )
        for header, end in zip(headers, ends, strict=False)
    ]


def nameless(text: str) -> list[str]:
    """SQL before the first header, and queries without a name, a purpose or a text."""
    queries = split(text)
    first = _HEADER.search(text)
    found = []
    if _NOISE.sub("", text[: first.start()] if first else text).strip():
        found.append("holds SQL before its first '-- name:' line")
    for name, purpose, sql in queries:
        if not (name and purpose and _NOISE.sub("", sql).strip()):
            found.append(f"query {name!r} lacks a name, a line of purpose or a text")
    return found


def unfenced(sql: str, tables: frozenset[str]) -> list[str]:
    """The tables of a workspace that a query reads or writes without naming the workspace.

    Each mention of such a table needs its own condition: `alias.workspace_id`, or a bare `workspace_id =`
    where it has no alias. An insert needs the column.
    """
    text = _NOISE.sub("''", sql)
    bare = len(_BARE.findall(text))
    found = [
        f"inserts into {match['table']} without workspace_id"
        for match in _INTO.finditer(text)
        if match["table"].lower() in tables and not re.search(r"\bworkspace_id\b", match["columns"])
    ]
    for match in _REFERENCE.finditer(text):
        table = match["table"].lower()
        if table not in tables or match["verb"].lower() == "into":
            continue
        name = match["alias"] or table
        if re.search(rf"\b{re.escape(name)}\.workspace_id\b", text):
            continue
        if bare == 0:
            found.append(f"{match['verb'].lower()} {table} without a condition on workspace_id")
        bare -= 1
    return found
