"""Move the rows of a table from one workspace to another, as each of them sees it."""

from __future__ import annotations

from typing import LiteralString

from psycopg import sql

from .database import Database, set_workspace
from .queries import load_queries
from .session import Session

_SQL = load_queries("regulars.store", "transfer.sql")


def replace_rows(
    database: Database, table: LiteralString, *, source: int, target: Session, target_id: int
) -> int:
    """Within `target`'s transaction, put the rows that workspace `source` has in the place of its own.

    Rows go through a temporary table, since COPY does not pass row-level security. Returns how many.
    """
    connection, workspace = target.connection, {"workspace_id": target_id}
    connection.execute(_SQL.spare.format(table=table))
    reader = database.connect(wait_seconds=5.0)
    try:
        set_workspace(reader, source)
        with (
            reader.cursor().copy(_SQL.copy_out.format(table=table)) as rows,
            connection.cursor().copy(_SQL.copy_in.format(table=table)) as writer,
        ):
            for chunk in rows:
                writer.write(chunk)
    finally:
        reader.close()
    connection.execute(_SQL.drop_old.format(table=table), workspace)
    connection.execute(_SQL.readdress.format(table=table), workspace)
    names = connection.execute(_SQL.columns, {"table": table}).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in names)
    return connection.execute(sql.SQL(_SQL.insert_new).format(table=sql.SQL(table), columns=columns)).rowcount
