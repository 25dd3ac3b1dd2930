"""`regulars audit-data`: what customer data is worth, before it is connected."""

from __future__ import annotations

import sys
from pathlib import Path

import cyclopts

from regulars.capabilities.identity.audit.report import Report
from regulars.capabilities.identity.normalise import regions
from regulars.engine.turn import utc_now
from regulars.intake.audit.page import write_page
from regulars.intake.audit.run import audit
from regulars.intake.audit.stored import StoredTable
from regulars.intake.audit.tables import FileTable, Table
from regulars.intake.audit.text import text
from regulars.store.opening import Store
from regulars.store.sources import DEFAULT_REGION, Sources, can_name
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.errors import InvalidInput, NotFound

from .common import opened, run_async, settings, show, vault_of, workspace_of


def audit_data(
    *names: str,
    mapping: tuple[Path, ...] = (),
    country: str = DEFAULT_REGION,
    html: Path | None = None,
    workspace: str = DEFAULT,
    json: bool = False,
) -> int:
    """Tell what customer files or connected sources hold, what is wrong in them, and what to fix first.

    Files are CSV (any delimiter and encoding, gz), Parquet or JSON lines. Nothing is stored or changed.

    Parameters
    ----------
    names
        Files; a name that is no file is a source that is connected already.
    mapping
        TOML file that maps columns, as for an import; one for all files, or one for each in their order.
    country
        Where phone numbers without a prefix are from: two letters, such as GB.
    html
        File that gets the audit as one page to read, print or send.
    workspace
        Workspace of the sources.
    """
    region = country.strip().upper()
    if region not in regions():
        raise InvalidInput(f"{country!r} is not a country of two letters, such as GB.", field="country")
    if not names:
        raise InvalidInput("Name at least one file or source.", field="names")
    files = [name for name in names if Path(name).exists() or not can_name(name)]
    mappings = _mappings(files, mapping)
    if len(files) == len(names):
        report = _run([FileTable(Path(name), mappings[name]) for name in names], region)
    else:
        with opened(settings().settings) as store:
            sources = {name: _source(store, name, workspace) for name in names if name not in files}
            tables = [sources.get(name) or FileTable(Path(name), mappings[name]) for name in names]
            report = _run(tables, region)
    if html is not None:
        write_page(report, html)
    show(report, as_json=json, text=text(report))
    return 0


def _run(tables: list[Table], region: str) -> Report:
    try:
        return audit(tables, region=region, today=utc_now().date(), stderr=sys.stderr)
    finally:
        for table in tables:
            table.close()


def _mappings(files: list[str], given: tuple[Path, ...]) -> dict[str, Path | None]:
    if len(given) > 1 and len(given) != len(files):
        raise InvalidInput("Give one mapping for all files, or one for each.", field="mapping")
    if not given:
        return dict.fromkeys(files)
    return dict(zip(files, given * len(files) if len(given) == 1 else given, strict=True))


def _source(store: Store, name: str, workspace: str) -> Table:
    """A connected source. Raises NotFound with the sources there are."""
    number, book = workspace_of(store, workspace), Sources(store.database, store.master)
    known = {one.source.name: one.source for one in run_async(store, lambda: book.list(number))}
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise NotFound(
            f"There is no file {name} and no source of that name; sources: {there}.", field="names"
        )
    return StoredTable(store.database, vault_of(store, workspace), known[name].source_id, name)


def add_to(app: cyclopts.App) -> None:
    """Register the command."""
    app.command(audit_data, name="audit-data")
