"""Commands about requests of people about their data."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import cyclopts

from regulars.console.requests.book import Book, Request
from regulars.engine.turn import utc_now
from regulars.store.workspaces import DEFAULT

from .common import FLAGS, opened, run_async, settings, show, vault_of

Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
LINES_MAX = 1_000
app = cyclopts.App(name="requests", help="Requests of people about their data.", default_parameter=FLAGS)


@app.command(name="list")
def list_requests(*, overdue: bool = False, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List open requests, the nearest deadline first; what names a person is left out.

    Parameters
    ----------
    overdue
        Only those past their deadline, as for a daily mail.
    """
    with opened(settings().settings) as store:
        book = Book(store.database, vault_of(store, workspace), utc_now, ZoneInfo("UTC"))

        async def work() -> list[dict[str, object]]:
            found = await book.waiting_list(kind=None, overdue=overdue, after=None, limit=LINES_MAX)
            today = await book.today()
            return [_told(one, today) for one in found]

        told = run_async(store, work)
    lines = [
        f"{one['request']:>5}  {one['kind']:<11}  {one['state']:<7}  due {one['due_on']}  {one['days_left']} days left"
        for one in told
    ]
    show(told, as_json=json, text="\n".join(lines) or "No request is waiting.")
    return 0


def _told(one: Request, today: date) -> dict[str, object]:
    return {
        "request": one.no,
        "kind": one.kind,
        "state": one.state,
        "received_on": one.received_on,
        "due_on": one.due_on,
        "days_left": one.days_left(today),
    }
