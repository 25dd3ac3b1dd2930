"""A restore that has begun and not ended leaves a mark in the database; no program starts on such a one."""

from __future__ import annotations

from .database import Connection, Database
from .errors import StoreMisconfigured
from .queries import load_queries

_QUERIES = load_queries("regulars.store", "backup.sql")


class UnfinishedRestore(StoreMisconfigured):
    """A restore was interrupted; what is in the database may be old, or hold people who were erased since."""

    code = "unfinished_restore"


def is_unfinished(connection: Connection) -> bool:
    """True when a restore has begun in this database and has not ended."""
    return connection.execute(_QUERIES.find_marker).fetchone() == (True,)


def refuse_unfinished(database: Database) -> None:
    """Raise UnfinishedRestore when somebody's restore has not ended."""
    connection = database.connect_owner(wait_seconds=5.0)
    try:
        if is_unfinished(connection):
            raise UnfinishedRestore(
                "A restore of this database did not end. Run `regulars restore` again with the same directory."
            )
    finally:
        connection.close()
