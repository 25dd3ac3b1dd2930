"""`regulars webhooks`: addresses that are told what becomes true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import cyclopts

from regulars.delivery import Poster
from regulars.store.audit import write_line_async
from regulars.store.webhooks import Endpoint, Webhooks, Wish
from regulars.store.workspaces import DEFAULT
from regulars.vocabulary.webhooks import MESSAGES

from .common import FLAGS, opened, run_async, settings, show, workspace_of

T = TypeVar("T")
app = cyclopts.App(
    name="webhooks",
    help="Webhooks: addresses that are told what becomes true here.",
    default_parameter=FLAGS,
)
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
Types = Annotated[
    tuple[str, ...],
    cyclopts.Parameter(name="--type", help="A type of message; may be given several times. Unset: all."),
]


@app.command(name="list")
def list_webhooks(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the webhooks and how they do; secrets are not shown."""
    found = _with(workspace, lambda register, number: register.endpoints(number))
    kept = [name for name in Endpoint.__struct_fields__ if name != "endpoint_id"]
    rows = [
        {"id": one.endpoint_id, "health": one.health, **{name: getattr(one, name) for name in kept}}
        for one in found
    ]
    text = "\n".join(f"{one.endpoint_id}  {one.health}  {one.url}  {', '.join(one.types)}" for one in found)
    show(rows, as_json=json, text=text or "There are no webhooks.")
    return 0


@app.command
def create(
    url: str, *, type_: Types = (), description: str = "", workspace: Workspace = DEFAULT, json: bool = False
) -> int:
    """Add a webhook. Prints its secret, and nothing else: it is not shown again."""
    wish = Wish(url, type_ or tuple(MESSAGES), description)
    made, secret = _with(workspace, lambda register, number: register.create(number, wish, actor="cli"))
    show({"id": made.endpoint_id, "secret": secret}, as_json=json, text=secret)
    return 0


@app.command
def disable(webhook: int, *, workspace: Workspace = DEFAULT) -> int:
    """Switch a webhook off, by its number in the list. What waits is kept for 30 days."""
    _with(workspace, lambda register, number: register.switch(number, webhook, on=False, actor="cli"))
    return 0


def _with(workspace: str, work: Callable[[Webhooks, int], Awaitable[T]]) -> T:
    """Do something with the register of webhooks."""
    chosen = settings().settings
    with opened(chosen) as store:
        number = workspace_of(store, workspace)

        async def inside() -> T:
            poster = Poster(loopback=chosen.webhooks_loopback)
            try:
                register = Webhooks(store.database, store.master, poster, audit=write_line_async)
                return await work(register, number)
            finally:
                await poster.close()

        return run_async(store, inside)
