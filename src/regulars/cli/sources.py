"""`regulars sources`: who sends us events, and how to read what they say."""

from __future__ import annotations

import sys
from typing import Annotated

import cyclopts

from regulars.connectors import connectors
from regulars.store.audit import write_line_async
from regulars.store.opening import Store
from regulars.store.sources import Sources
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.errors import InvalidInput

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
