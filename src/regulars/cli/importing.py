"""`regulars import sales|customers|products|balances|vouchers FILE`: bring files in through the gate."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import cyclopts

from regulars.engine.turn import utc_now
from regulars.intake.files.fields import Kind
from regulars.intake.files.report import Report
from regulars.intake.files.run import Options, run_import
from regulars.intake.gate import EngineGate
from regulars.intake.holders import Whose
from regulars.intake.openings import opening_gate
from regulars.intake.vouchers import voucher_gate
from regulars.store.audit import write_line_async
from regulars.store.imports import ImportRuns
from regulars.store.opening import Store
from regulars.store.sources import Sources
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.intake import Gate, Source, own_source

from .common import FLAGS, opened, run_async, settings, show, vault_of, workspace_of

app = cyclopts.App(
    name="import",
    help="Import files: CSV (any delimiter and encoding, gz), Parquet and JSON lines.",
    default_parameter=FLAGS,
)
Mapping = Annotated[
    Path | None,
    cyclopts.Parameter(help="TOML file that maps columns; not needed when headers are our field names."),
]
SourceName = Annotated[str, cyclopts.Parameter(help="Whose file it is: records belong to this source.")]
Rejects = Annotated[
    Path | None, cyclopts.Parameter(help="Where rejected rows are listed; default FILE.rejects.csv.")
]
MakerName = Annotated[
    str | None,
    cyclopts.Parameter(
        help="Make customers who are not found, as this source knows them; else refuse the row."
    ),
]
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]


@app.command
def sales(
    file: Path,
    *,
    mapping: Mapping = None,
    source: SourceName = "import",
    rejects: Rejects = None,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Import receipts. May be stopped and started again; what was imported is not counted twice."""
    return _import("sales", file, mapping, source, rejects, workspace, as_json=json)


@app.command
def customers(
    file: Path,
    *,
    mapping: Mapping = None,
    source: SourceName = "import",
    rejects: Rejects = None,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Import customers."""
    return _import("customers", file, mapping, source, rejects, workspace, as_json=json)


@app.command
def products(
    file: Path,
    *,
    mapping: Mapping = None,
    source: SourceName = "import",
    rejects: Rejects = None,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Import products."""
    return _import("products", file, mapping, source, rejects, workspace, as_json=json)


@app.command
def balances(
    file: Path,
    *,
    mapping: Mapping = None,
    source: MakerName = None,
    rejects: Rejects = None,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Import opening balances of a loyalty programme: lots of points, each with the day it ends."""
    options = Options(file, "balances", mapping, rejects)
    return _import_of_members(options, opening_gate, source, workspace, as_json=json)


@app.command
def vouchers(
    file: Path,
    *,
    mapping: Mapping = None,
    source: MakerName = None,
    rejects: Rejects = None,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Import vouchers a programme gave out: codes, whose they are, what each is worth, until when."""
    options = Options(file, "vouchers", mapping, rejects)
    return _import_of_members(options, voucher_gate, source, workspace, as_json=json)


def _import_of_members(
    options: Options,
    gate_of: Callable[..., Awaitable[Gate]],
    source: str | None,
    workspace: str,
    *,
    as_json: bool,
) -> int:
    """Import what belongs to customers who are looked up."""
    with opened(settings().settings) as store:
        vault = vault_of(store, workspace)
        engine = EngineGate(store.database, store.master)

        async def work() -> Report:
            sources = Sources(store.database, store.master)
            made = await sources.ensure(vault.workspace_id, source, kind="import") if source else None
            known = await sources.known(vault.workspace_id)
            numbers = [made.source.source_id] if made else [one.source.source_id for one in known]
            region = made.source.region if made else next((one.source.region for one in known), "GB")
            whose = Whose(numbers, made.source if made else None, region)
            gate = await gate_of(engine, store.database, vault, whose, now=utc_now())
            spoken = made.source if made else own_source(vault.workspace_id)
            progress = ImportRuns(store.database, vault.workspace_id)
            report = await run_import(options, gate, spoken, progress, stderr=sys.stderr)
            if options.kind == "vouchers" and report.applied:
                await _note_vouchers(store, vault.workspace_id, report)
            return report

        try:
            report = run_async(store, work)
        finally:
            engine.close()
    show(report, as_json=as_json, text=report.text())
    return 0


async def _note_vouchers(store: Store, workspace_id: int, report: Report) -> None:
    """One line of the audit trail."""
    told = {"file": report.file, "count": report.applied}
    async with store.database.write(workspace_id) as conn:
        await write_line_async(conn, workspace_id, "cli", "vouchers.imported", "vouchers", told)


def _import(
    kind: Kind,
    file: Path,
    mapping: Path | None,
    source_name: str,
    rejects: Path | None,
    workspace: str,
    *,
    as_json: bool,
) -> int:
    with opened(settings().settings) as store:
        number = workspace_of(store, workspace)
        gate = EngineGate(store.database, store.master)

        async def work() -> Report:
            known = await Sources(store.database, store.master).ensure(number, source_name, kind="import")
            source: Source = known.source
            progress = ImportRuns(store.database, number)
            return await run_import(
                Options(file, kind, mapping, rejects), gate, source, progress, stderr=sys.stderr
            )

        try:
            report = run_async(store, work)
        finally:
            gate.close()
    show(report, as_json=as_json, text=report.text())
    return 0
