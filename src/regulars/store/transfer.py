"""Move the rows of a table from one workspace to another, as each of them sees it."""

from __future__ import annotations

from psycopg import sql

from .database import Database, set_workspace
from .session import Session


def replace_rows(database: Database, table: str, *, source: int, target: Session, target_id: int) -> int:
    """Within `target`'s transaction, put the rows that workspace `source` has in the place of its own.

    Rows go through a temporary table, since COPY does not pass row-level security. Returns how many.
    """
    connection = target.connection
    name, spare = sql.Identifier(table), sql.Identifier(f"coming_{table}")
    connection.execute(sql.SQL("create temporary table {} (like {}) on commit drop").format(spare, name))
    reader = database.connect(wait_seconds=5.0)
    try:
        set_workspace(reader, source)
        out = sql.SQL("copy (select * from {} where workspace_id = {}) to stdout (format binary)")
        into = sql.SQL("copy {} from stdin (format binary)").format(spare)
        with (
            reader.cursor().copy(out.format(name, sql.Literal(source))) as rows,
            connection.cursor().copy(into) as writer,
        ):
            for chunk in rows:
                writer.write(chunk)
    finally:
        reader.close()
    connection.execute(sql.SQL("delete from {} where workspace_id = %s").format(name), (target_id,))
    connection.execute(sql.SQL("update {} set workspace_id = %s").format(spare), (target_id,))
    cursor = connection.execute(sql.SQL("insert into {} select * from {}").format(name, spare))
    return cursor.rowcount
