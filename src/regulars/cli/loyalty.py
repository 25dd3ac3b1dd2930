"""`regulars loyalty`: programmes in sentences, drafts, what a draft changes, publishing one, trying one out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import cyclopts

from regulars.capabilities.loyalty.expiry import start_of
from regulars.capabilities.loyalty.programme import Programme, ProgrammeError, lint, parse
from regulars.console.services.baskets import Trial, decode, try_out
from regulars.console.services.programmes import (
    Comparison,
    Known,
    Opened,
    Programmes,
    VersionOf,
    check_size,
    shipped_text,
    version_of,
)
from regulars.console.services.simulations import DAYS, question_of
from regulars.console.services.simulations import simulate as count_sales
from regulars.engine.simulation import Found, Question
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.opening import Store
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.errors import InvalidInput

from . import loyalty_text as text
from .common import FLAGS, opened, run_async, settings, show, vault_of
from .identity_text import Share

app = cyclopts.App(
    name="loyalty",
    help="Loyalty programmes: what they say, drafts, publishing, trying one out.",
    default_parameter=FLAGS,
)
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
ACTOR = "cli"


@app.command
def programmes(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the programmes, and which version of each holds."""
    with _opened(workspace) as (store, known):
        found = run_async(store, known.known)
    show(found, as_json=json, text=text.programmes(found))
    return 0


@app.command(name="show")
def show_programme(
    number: int,
    *,
    version: str | None = None,
    toml: bool = False,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Tell what a programme says in sentences, and its versions.

    Parameters
    ----------
    version
        Number of a version, or draft; what holds now when not given, else the draft.
    toml
        Print the text of the version instead.
    """
    with _opened(workspace) as (store, known):

        async def work() -> tuple[Known, Opened, list[VersionOf]]:
            one = await known.one(number)
            wanted = version_of(version or ("draft" if one.live is None else "live"), one.live)
            return one, await known.version(number, wanted), await known.versions(number)

        one, found, versions = run_async(store, work)
    if toml:
        sys.stdout.write(found.content)
        return 0
    show(
        {"programme": one, "version": found, "versions": versions},
        as_json=json,
        text=text.programme(one, found, versions),
    )
    return 0


@app.command
def draft(
    file: Path, *, number: int | None = None, workspace: Workspace = DEFAULT, json: bool = False
) -> int:
    """Check a programme and keep it as a draft. Nothing changes for members until it is published.

    Parameters
    ----------
    number
        The programme it is a draft of; a new one when not given.
    """
    content = read_text(file)
    _placed(file, content)
    with _opened(workspace) as (store, known):

        async def work() -> tuple[int, Comparison]:
            kept = await known.save_draft(content, ACTOR, number)
            return kept, await known.comparison(kept)

        kept, found = run_async(store, work)
    show(
        {"number": kept, "against": found.against, "changes": found.changes, "faults": found.faults},
        as_json=json,
        text=text.kept(kept, found),
    )
    return 0


@app.command
def publish(
    number: int,
    *,
    reason: Annotated[str, cyclopts.Parameter(help="Why; kept in the audit trail.")],
    effective_from: str | None = None,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Put the draft of a programme in force. Only a first version may begin in the past.

    Parameters
    ----------
    effective_from
        A day, which begins in the programme's time zone, or a time with its offset; now when not given.
    """
    with _opened(workspace) as (store, known):
        gate = EngineGate(store.database, store.master)

        async def work() -> VersionOf:
            zone = (await known.version(number, 0)).programme
            begins = _time(effective_from, zone) if effective_from is not None else None
            return await known.publish(gate, number, reason, ACTOR, effective_from=begins)

        try:
            found = run_async(store, work)
        finally:
            gate.close()
    show(found, as_json=json, text=text.published(number, found))
    return 0


@app.command(name="lint")
def lint_file(file: Path, *, json: bool = False) -> int:
    """Check the text of a programme, and tell what in it is most likely not meant. Status 1 for a text that is none."""
    found = lint(_placed(file, read_text(file)))
    show(
        [{"field": fault.field, "message": fault.message} for fault in found],
        as_json=json,
        text=text.faults(found) or f"{file} is a programme, and nothing in it looks wrong.",
    )
    return 0


@app.command
def default() -> int:
    """Print the programme that comes with the program, to make one's own of it."""
    sys.stdout.write(shipped_text())
    return 0


@app.command
def simulate(
    number: int,
    *,
    basket: Path | None = None,
    days: int = DAYS,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Try the draft of a programme beside what holds: on the sales of the last days, or on one basket. Changes nothing.

    Parameters
    ----------
    basket
        JSON file with one sale, as POST /v1/programmes/{number}/simulate takes it.
    days
        So many of the last days are counted.
    """
    with _opened(workspace) as (store, known):
        workspace_id = vault_of(store, workspace).workspace_id
        if basket is not None:
            wanted = decode(read_text(basket).encode())

            async def one() -> Trial:
                return await try_out(known, store.database, workspace_id, number, wanted, utc_now())

            trial = run_async(store, one)
            show(trial, as_json=json, text=text.trial(trial))
            return 0
        progress = Share("counted")

        async def all_of_them() -> tuple[Question, Found]:
            question, _, _ = await question_of(known, number, days, utc_now())
            return question, await count_sales(store.database, workspace_id, question, progress)

        question, found = run_async(store, all_of_them)
        progress.end()
    show(found, as_json=json, text=text.simulated(question, found))
    return 0


@contextmanager
def _opened(workspace: str) -> Iterator[tuple[Store, Programmes]]:
    with opened(settings().settings) as store:
        yield store, Programmes(store.database, vault_of(store, workspace), utc_now)


def read_text(file: Path) -> str:
    """What a file says. Raises InvalidInput."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read ({error}).", field="file") from None


def _placed(file: Path, content: str) -> Programme:
    """A programme out of a file; what is wrong is told with its place."""
    check_size(content)
    try:
        return parse(content)
    except ProgrammeError as error:
        place = f", {error.field}" if error.field else ""
        raise ProgrammeError(f"{file}{place}: {error.message}", field=error.field) from None


def _time(said: str, programme: Programme) -> datetime:
    """A day, or a time with its offset. Raises InvalidInput."""
    try:
        if len(said) == len("2026-01-31"):
            return start_of(date.fromisoformat(said), programme.zone)
        time = datetime.fromisoformat(said)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise InvalidInput(
            f"{said} is no day such as 2026-01-31, nor a time with its offset.", field="effective_from"
        )
    return time.astimezone(UTC)
