"""An import in a process of its own, to be killed: python -m tests.intake.files.runner DSN FILE"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from regulars.intake.files import Options, Report, run_import
from regulars.intake.gate import EngineGate
from regulars.store.database import Database
from regulars.store.imports import ImportRuns
from regulars.store.master import MasterKey
from regulars.store.sources import Sources
from regulars.store.workspaces import ensure_default

MASTER = MasterKey(bytes(range(32)))


async def import_into(database: Database, options: Options, *, source: str = "tills") -> Report:
    """Import a file through a real engine into the workspace `main`."""
    workspace_id = ensure_default(database)
    gate = EngineGate(database, MASTER)
    await database.open()
    try:
        known = await Sources(database, MASTER).ensure(workspace_id, source, kind="file")
        return await run_import(options, gate, known.source, ImportRuns(database, workspace_id))
    finally:
        gate.close()
        await database.close()


def main() -> None:
    """Import sales and print the report."""
    dsn, file = sys.argv[1:]
    report = asyncio.run(import_into(Database(dsn), Options(file=Path(file), kind="sales")))
    sys.stdout.buffer.write(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
