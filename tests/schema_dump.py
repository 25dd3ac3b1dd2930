"""The schema as text, read back from a database: two databases are alike when their texts are.

It is made for eyes and comparison, not to be run: one block a table, the same words from PostgreSQL 15
on, partitions by time left out since they come and go.
"""

from __future__ import annotations

from regulars.store.database import Connection
from regulars.store.queries import load_queries

_QUERIES = load_queries("tests", "schema_dump.sql")
_COMMANDS = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}


def schema_text(owner: Connection) -> str:
    """Describe every table and function of the current schema. `owner` comes from `Database.connect_owner`."""
    tables = owner.execute(_QUERIES.tables).fetchall()
    blocks = [_table(owner, *row) for row in tables]
    blocks += [str(text).strip() for (text,) in owner.execute(_QUERIES.functions).fetchall()]
    return "\n\n".join(blocks) + "\n"


def _table(owner: Connection, table: str, key: str, secured: bool, forced: bool, options: str) -> str:
    parts = _columns(owner, table) + _constraints(owner, table)
    lines = [f"create table {table} (", *(f"    {part}," for part in parts[:-1]), f"    {parts[-1]}"]
    lines.append(
        ")" + (f" partition by {key.lower()}" if key else "") + (f" with ({options})" if options else "")
    )
    (count,) = owner.execute(_QUERIES.partitions, {"table": table}).fetchone() or (0,)
    lines += [f"-- {count} partitions"] if count else []
    lines += _definitions(owner, table)
    lines += ["row-level security: " + ("forced" if forced else "on")] if secured else []
    lines += _policies(owner, table)
    (rights,) = owner.execute(_QUERIES.rights, {"table": table}).fetchone() or ("nothing",)
    return "\n".join([*lines, f"the program may: {rights}"])


def _columns(owner: Connection, table: str) -> list[str]:
    rows = owner.execute(_QUERIES.columns, {"table": table}).fetchall()
    return [
        " ".join(filter(None, (name, kind, "not null" if required else "", default)))
        for name, kind, required, default in rows
    ]


def _constraints(owner: Connection, table: str) -> list[str]:
    rows = owner.execute(_QUERIES.constraints, {"table": table}).fetchall()
    return [f"constraint {name} {definition}" for name, definition in rows]


def _definitions(owner: Connection, table: str) -> list[str]:
    indexes = owner.execute(_QUERIES.indexes, {"table": table}).fetchall()
    triggers = owner.execute(_QUERIES.triggers, {"table": table}).fetchall()
    return [str(definition) for _, definition in [*indexes, *triggers]]


def _policies(owner: Connection, table: str) -> list[str]:
    rows = owner.execute(_QUERIES.policies, {"table": table}).fetchall()
    return [
        f"policy {name} for {_COMMANDS[command]}: sees {using or 'all'}; writes {check or 'what it sees'}"
        for name, command, using, check in rows
    ]
