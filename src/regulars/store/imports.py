"""Positions of file imports in the table `import_run`."""

from __future__ import annotations

from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.vocabulary.imports import ImportPosition, ImportRun

_QUERIES = load_queries("regulars.store", "imports.sql")


class ImportRuns:
    """ImportProgress for one workspace. The pool of the database must be open."""

    def __init__(self, database: Database, workspace_id: int) -> None:
        self._database = database
        self._workspace_id = workspace_id

    async def begin(self, run: ImportRun) -> ImportPosition:
        """See ImportProgress."""
        values = {
            "workspace_id": self._workspace_id,
            "run_key": run.key,
            "file_name": run.file_name,
            "kind": run.kind,
        }
        async with self._database.write(self._workspace_id) as connection:
            row = await (await connection.execute(_QUERIES.begin_import, values)).fetchone()
        return ImportPosition(*row) if row else ImportPosition()

    async def save(self, run: ImportRun, position: ImportPosition) -> None:
        """See ImportProgress. Repeating it, or an older position, changes nothing."""
        await self._save(run, position, finished=False)

    async def finish(self, run: ImportRun, position: ImportPosition) -> None:
        """See ImportProgress."""
        await self._save(run, position, finished=True)

    async def _save(self, run: ImportRun, position: ImportPosition, *, finished: bool) -> None:
        values = {
            "workspace_id": self._workspace_id,
            "run_key": run.key,
            "position": position.events,
            "applied": position.applied,
            "duplicate": position.duplicate,
            "rejected": position.rejected,
            "finished": finished,
        }
        async with self._database.write(self._workspace_id) as connection:
            await connection.execute(_QUERIES.save_import, values)
