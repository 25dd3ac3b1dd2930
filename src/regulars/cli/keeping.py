"""Commands that keep data safe: backup, restore, replay of rejected events."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import cyclopts
import msgspec

from regulars.connectors import connectors
from regulars.console.services.rejected import ids_of_cause
from regulars.engine.forget import restore as restore_backup
from regulars.intake.gate import EngineGate
from regulars.intake.replay import Replayer
from regulars.store.backup import backup as take_backup
from regulars.store.opening import Store, open_store
from regulars.store.outbox import Outbox
from regulars.store.sources import Sources
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.intake import ReplayOutcome

from .common import opened, run_async, settings, show, workspace_of

Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
ROUNDS_MAX = 1_000


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def _unchanged() -> Store:
    chosen = settings().settings
    return open_store(
        home=chosen.home_path,
        database_url=chosen.database_url,
        master_key=chosen.master_key,
        connections_max=4,
    )


def backup(directory: Path, *, json: bool = False) -> int:
    """Back up everything to an empty directory. The master key is not in it: keep it apart.

    Parameters
    ----------
    directory
        Where the backup goes; made when missing.
    """
    # Not migrated first: the login of a backup may read everything and change nothing.
    with _unchanged() as store:
        taken = take_backup(store, directory, report=_say)
    show(taken, as_json=json, text=f"Backed up to {taken.directory}.\n{taken.master_key_note}")
    return 0


def restore(directory: Path, *, force: bool = False, register: Path | None = None, json: bool = False) -> int:
    """Put a backup in place and erase again whoever was erased since it was taken.

    Parameters
    ----------
    directory
        What `regulars backup` made.
    force
        Replace what is in the database now.
    register
        Erasure register of another home, when the backup moves there.
    """
    with _unchanged() as store:
        done = restore_backup(store, directory, force=force, register=register, report=_say)
    lines = [f"Restored; {len(done.erased_again)} erasures were repeated."]
    if done.warning:
        lines.append(done.warning)
    show(done, as_json=json, text="\n".join(lines))
    return 0


def replay(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Try all rejected events and given-up effects again, as after a fix; what fails once more stays."""
    with opened(settings().settings) as store:
        number = workspace_of(store, workspace)
        gate = EngineGate(store.database, store.master)
        sources = Sources(store.database, store.master)
        replayer = Replayer(store.database, store.master, gate, sources, connectors())

        async def work() -> tuple[ReplayOutcome, int]:
            revived = await Outbox(store.database).revive(number)
            total = ReplayOutcome()
            for _ in range(ROUNDS_MAX):
                async with store.database.read(number) as connection:
                    ids = await ids_of_cause(connection, number, None)
                outcome = await replayer.replay(number, ids, actor="cli")
                total = ReplayOutcome(
                    total.applied + outcome.applied,
                    total.duplicate + outcome.duplicate,
                    outcome.rejected,
                )
                if not outcome.applied and not outcome.duplicate:
                    break
            return total, revived

        try:
            done, revived = run_async(store, work)
        finally:
            gate.close()
    text = (
        f"{done.applied} applied, {done.duplicate} known already, {done.rejected} rejected again;"
        f" {revived} given-up effects will be tried again."
    )
    show(msgspec.structs.asdict(done) | {"revived": revived}, as_json=json, text=text)
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the commands."""
    app.command(backup)
    app.command(restore)
    app.command(replay)
