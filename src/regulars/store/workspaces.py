"""Workspaces: one retailer's data each, fenced from all others."""

from __future__ import annotations

import re

from regulars.vocabulary.errors import Conflict, InvalidInput

from .database import Database, set_workspace
from .queries import load_queries

_SQL = load_queries("regulars.store", "workspaces.sql")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
DEFAULT = "main"


def add_workspace(database: Database, name: str) -> int:
    """Make a workspace; its number. Raises Conflict when the name is taken."""
    if not _NAME.fullmatch(name):
        raise InvalidInput("a workspace name has lower-case letters, digits and dashes", field="name")
    connection = database.connect(wait_seconds=5.0)
    try:
        with connection.transaction():
            row = connection.execute(_SQL.add, {"name": name}).fetchone()
            if row is None:
                raise Conflict(f"there is a workspace named {name!r} already", field="name")
            set_workspace(connection, row[0])
            connection.execute(_SQL.add_state, {"workspace_id": row[0]})
            return int(row[0])
    finally:
        connection.close()


def ensure_default(database: Database) -> int:
    """The number of the workspace `main`, made on the first call."""
    connection = database.connect(wait_seconds=5.0)
    try:
        row = connection.execute(_SQL.find, {"name": DEFAULT}).fetchone()
        connection.rollback()
    finally:
        connection.close()
    return int(row[0]) if row else add_workspace(database, DEFAULT)


def list_workspaces(database: Database) -> list[tuple[int, str]]:
    """(number, name) of every workspace."""
    connection = database.connect(wait_seconds=5.0)
    try:
        return [(int(number), str(name)) for number, name in connection.execute(_SQL.all).fetchall()]
    finally:
        connection.close()
