"""`regulars sources`: who sends us events, and how to read what they say."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import cyclopts

from regulars.connectors import connectors
from regulars.console.services import write_back as service
from regulars.engine.turn import utc_now
from regulars.store.audit import write_line_async
from regulars.store.opening import Store
from regulars.store.sources import KnownSource, Sources
from regulars.store.vault import Vault
from regulars.store.workspaces import DEFAULT
from regulars.store.write_backs import WriteBacks, is_on, programme_of
from regulars.vocabulary.errors import InvalidInput, NotFound

from .common import FLAGS, opened, run_async, settings, show, workspace_of

app = cyclopts.App(
    name="sources", help="Sources: tills, shops and programs that send events.", default_parameter=FLAGS
)
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
Option = Annotated[
    tuple[str, ...], cyclopts.Parameter(help="name=value, such as currency=GBP; may be given several times.")
]


def _sources(store: Store) -> Sources:
    return Sources(store.database, store.master, audit=write_line_async)


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, sign, _ in pairs:
        if not sign:
            raise InvalidInput(f"Write options as name=value, not {name!r}.", field="option")
    return {name: value for name, _, value in pairs}


@app.command
def add(
    name: str,
    *,
    kind: str = "api",
    option: Option = (),
    secret: Option = (),
    till_system: str | None = None,
    workspace: Workspace = DEFAULT,
) -> int:
    """Connect a source. For a vendor, secrets may also be given on standard input, one name=value a line.

    Parameters
    ----------
    kind
        One of api, import, or a connector such as square or shopify.
    secret
        Written name=value; kept sealed.
    till_system
        Sources of one till system share receipts; default is the source's own name.
    """
    known = connectors().get(kind)
    piped = () if sys.stdin is None or sys.stdin.isatty() or known is None else sys.stdin.read().splitlines()
    secrets = _pairs((*secret, *(line for line in piped if line.strip())))
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _sources(store)
        run_async(
            store,
            lambda: book.create(
                number,
                name,
                kind=kind,
                till_system=till_system,
                options=_pairs(option),
                secrets=secrets,
                actor="cli",
            ),
        )
    print(f"Added. Its webhooks go to /hooks/{name}." if known else "Added.")
    return 0


@app.command(name="set")
def set_options(name: str, *, option: Option, workspace: Workspace = DEFAULT) -> int:
    """Change options of a source; those not named stay as they are."""
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _sources(store)

        async def change() -> None:
            found = await book.find(number, name)
            before = dict(found.options) if found is not None else {}
            await book.configure(number, name, options=before | _pairs(option), actor="cli")

        run_async(store, change)
    return 0


@app.command(name="list")
def list_sources(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the sources; secrets are not shown."""
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _sources(store)
        found = run_async(store, lambda: book.list(number))
    rows = [{"name": k.source.name, "kind": k.source.kind, "options": dict(k.options)} for k in found]
    text = "\n".join(f"{r['name']}  {r['kind']}  {r['options'] or ''}" for r in rows)
    show(rows, as_json=json, text=text or "There are no sources.")
    return 0


@app.command(name="write-back")
def write_back(
    name: str,
    state: Literal["on", "off"] | None = None,
    *,
    programme: int | None = None,
    all_: Annotated[bool, cyclopts.Parameter(name="--all", negative="")] = False,
    retry: Annotated[bool, cyclopts.Parameter(negative="")] = False,
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Show whether the vendor of a source is told of members' points; switch it on or off.

    Switched on, the vendor is told of every member it knows, and what it held of them is overwritten.

    Parameters
    ----------
    state
        on or off; left out, nothing is switched.
    programme
        Number of the programme whose points are told; 1 unless it was set.
    all_
        Tell the vendor of every member again.
    retry
        Try those once more that were given up.
    """
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _sources(store)
        backs = WriteBacks(store.database, audit=write_line_async)

        async def work() -> service.State:
            known = await book.find(number, name)
            if known is None:
                raise NotFound("There is no source named %(name)s.", field="source", name=name)
            if state is not None or programme is not None:
                known = await service.switch(
                    book,
                    connectors(),
                    number,
                    known,
                    on=state == "on" if state is not None else is_on(known.options),
                    programme=programme or programme_of(known.options),
                    actor="cli",
                )
            if retry:
                await backs.revive(number, known.source.source_id, source=name, actor="cli")
            if all_ or state == "on":
                await _tell_all(backs, Vault(store.master, number), known)
            return await service.state_of(backs, number, known)

        found = run_async(store, work)
    figures = found.figures
    lines = [
        (
            f"{'on' if found.on else 'off'}, programme {found.programme}, {figures.waiting} waiting,"
            f" {figures.failed} given up, last told {figures.told_at or 'never'}"
        ),
        *(f"{one.member}  {one.state}  {one.error or ''}" for one in found.troubled),
    ]
    show(found, as_json=json, text="\n".join(lines))
    return 0


async def _tell_all(backs: WriteBacks, vault: Vault, known: KnownSource) -> None:
    after = None
    while True:
        after = await service.tell_all(backs, vault, known, now=utc_now(), after=after)
        if after is None:
            return
