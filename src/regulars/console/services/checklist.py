"""What a workspace still lacks to be of use, as the front page lists it until all is done or it is put away."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

from regulars.console.i18n import _, ngettext
from regulars.store.audit import write_line_async
from regulars.store.backup import backups_taken
from regulars.store.database import Database

from .common import row
from .registering import CONSOLE_SOURCE
from .workspace_settings import OBJECT, SETTINGS

BACKUP_LATELY: Final = timedelta(days=7)
BARE_STORES_MAX: Final = 1_000


class Step(Struct, frozen=True):
    """One thing to do. `page` is the right it takes, `href` where it is done; None: not in the console."""

    label: str
    note: str
    done: bool
    page: str | None = None
    href: str | None = None


async def load_checklist(
    database: Database,
    workspace_id: int,
    home: Path | None,
    now: datetime,
    may_open: Collection[str],
    *,
    named: bool = False,
) -> list[Step]:
    """The steps with their state, links only for pages that may be opened; nothing when all is done or it was put away.

    Backups are known from the list in `home`; without a home their line is left out. `named`: the operator of the
    server gave the workspace its name.
    """
    params = {"workspace_id": workspace_id, "console": CONSOLE_SOURCE, "limit": BARE_STORES_MAX}
    async with database.read(workspace_id) as conn:
        found = await row(conn, SETTINGS.checklist, params)
    assert found is not None, "the query always answers"
    dismissed, connected, heard, stores, bare, people, chosen, published = found
    if dismissed:
        return []
    steps = [
        Step(
            _("Name your workspace"),
            _("Customers hear this name when a store asks them for consent."),
            named or chosen,
            "settings",
            "/settings",
        ),
        Step(
            _("Connect a source"),
            _("Tills, a web shop or a program with a key."),
            connected,
            "keys",
            "/keys/sources",
        ),
        Step(
            _("See the first event"),
            _("It shows under Live events within a second."),
            heard,
            "events",
            "/events",
        ),
        _stores_step(stores, bare),
        _programme_step(published),
        Step(
            _("Invite the people you work with"),
            _("Each with a role of their own."),
            people > 1,
            "people",
            "/people",
        ),
    ]
    if home is not None:
        steps.append(await _backup_step(home, now))
    if all(step.done for step in steps):
        return []
    return [
        step if step.page in may_open else Step(step.label, step.note, step.done, step.page) for step in steps
    ]


async def dismiss(database: Database, workspace_id: int, by: str, now: datetime) -> None:
    """Put the list away for the workspace. A repeat changes nothing."""
    async with database.write(workspace_id) as conn:
        params = {"workspace_id": workspace_id, "now": now}
        if await row(conn, SETTINGS.dismiss_checklist, params) is not None:
            await write_line_async(conn, workspace_id, by, "settings.checklist_dismissed", OBJECT, {})


def _stores_step(stores: bool, bare: int) -> Step:
    note = _("Name and time zone of each: they give receipts their business day.")
    if bare:
        note = ngettext(
            "%(n)s store lacks its name or time zone.", "%(n)s stores lack their name or time zone.", bare
        )
    href = "/settings/stores?show=bare" if bare else "/settings/stores"
    return Step(_("Give your stores their details"), note, stores and not bare, "settings", href)


def _programme_step(published: bool) -> Step:
    note = _("What members earn, and the tiers they reach; one comes with Regulars to begin with.")
    return Step(_("Publish a loyalty programme"), note, published, "loyalty", "/loyalty")


async def _backup_step(home: Path, now: datetime) -> Step:
    taken = await asyncio.to_thread(backups_taken, home)
    lately = bool(taken) and now - taken[-1].began_at <= BACKUP_LATELY
    note = _("Run “regulars backup” on the server; one of the last %(n)s days counts.", n=BACKUP_LATELY.days)
    return Step(_("Make a backup"), note, lately)
