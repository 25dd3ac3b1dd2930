"""`regulars promotions`: what is taken off at the till."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import cyclopts
import msgspec

from regulars.store.audit import write_line_async
from regulars.store.promotion_codes import Codes
from regulars.store.promotions import Known, Promotions
from regulars.store.vault import Vault
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.errors import InvalidInput

from .common import FLAGS, Progress, opened, run_async, settings, show, workspace_of

T = TypeVar("T")
PAGE = 200
app = cyclopts.App(
    name="promotions", help="Promotions: what is taken off at the till.", default_parameter=FLAGS
)
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]


@app.command(name="list")
def list_promotions(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the promotions with their state and how often they were used."""

    async def work(register: Promotions, _codes: Codes, number: int) -> list[Known]:
        found: list[Known] = []
        while len(page := await register.page(number, limit=PAGE, after=_last(found))) == PAGE:
            found += page
        return found + page

    found = _with(workspace, work)
    text = "\n".join(
        f"{one.promotion_id}  {one.state}  version {one.version}{' (waits)' if one.waiting else ''}"
        f"  used {one.uses}  {one.name}"
        for one in found
    )
    show([_told(one) for one in found], as_json=json, text=text or "There are no promotions.")
    return 0


@app.command(name="show")
def show_promotion(promotion: str, *, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Print the newest text of a promotion, by its id."""
    known = _with(workspace, lambda register, _, number: register.get(number, promotion))
    show(_told(known) | {"content": known.content}, as_json=json, text=known.content)
    return 0


@app.command
def add(file: Path, *, workspace: Workspace = DEFAULT) -> int:
    """Keep a promotion from a file as a draft, or as the next version of the one with its id."""
    content = _read(file)

    async def work(register: Promotions, _codes: Codes, number: int) -> tuple[Known, list[str]]:
        known = await register.put(number, content, actor="cli")
        faults = await register.faults(number, known.promotion)
        return known, [f"{one.field}: {one.message}" if one.field else one.message for one in faults]

    known, faults = _with(workspace, work)
    print(f"{known.promotion_id} version {known.version} is kept.")
    for fault in faults:
        print(f"It cannot be activated yet. {fault}")
    return 0


@app.command
def activate(
    promotion: str,
    *,
    at: Annotated[
        datetime | None, cyclopts.Parameter(help="From when on; unset: now. UTC without an offset.")
    ] = None,
    workspace: Workspace = DEFAULT,
) -> int:
    """Let the newest version of a promotion price baskets; one that was paused goes on."""
    begins = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    _with(workspace, lambda register, _, number: register.activate(number, promotion, at=begins, actor="cli"))
    return 0


@app.command
def pause(promotion: str, *, workspace: Workspace = DEFAULT) -> int:
    """Let a promotion price nothing until it is activated again."""
    _with(workspace, lambda register, _, number: register.pause(number, promotion, actor="cli"))
    return 0


@app.command
def end(promotion: str, *, workspace: Workspace = DEFAULT) -> int:
    """End a promotion for good."""
    _with(workspace, lambda register, _, number: register.end(number, promotion, actor="cli"))
    return 0


@app.command
def codes(promotion: str, *, count: int, out: Path, workspace: Workspace = DEFAULT) -> int:
    """Make codes for one use each and write them to a new file, one a line. They are not told again."""

    async def work(_register: Promotions, maker: Codes, _number: int) -> int:
        batch = await maker.start(promotion, count, actor="cli")
        progress, made = Progress("codes"), 0
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("code\n")
            async for some in maker.make(promotion, count, batch=batch):
                file.write("".join(f"{code}\n" for code in some))
                made += len(some)
                progress(made)
        progress.end()
        return made

    if out.exists():
        raise InvalidInput(f"{out} is there already; name a new file.", field="out")
    print(f"{_with(workspace, work):,} codes are in {out}.")
    return 0


def _with(workspace: str, work: Callable[[Promotions, Codes, int], Awaitable[T]]) -> T:
    """Do something with the promotions of a workspace."""
    with opened(settings().settings) as store:
        number = workspace_of(store, workspace)
        register = Promotions(store.database, audit=write_line_async, clock=lambda: datetime.now(UTC))
        maker = Codes(store.database, Vault(store.master, number), register, audit=write_line_async)
        return run_async(store, lambda: work(register, maker, number))


def _told(known: Known) -> dict[str, object]:
    hidden = {"content", "promotion_id"}
    values = {name: value for name, value in msgspec.structs.asdict(known).items() if name not in hidden}
    return {"id": known.promotion_id, **values, "waiting": known.waiting}


def _last(found: list[Known]) -> str:
    return found[-1].promotion_id if found else ""


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}.", field="file") from error
