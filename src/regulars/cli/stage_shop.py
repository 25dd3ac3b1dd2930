"""What the demo shop decides before it opens: its name and hours, its club, and what it takes off."""

from __future__ import annotations

from datetime import datetime
from importlib import resources
from typing import Final

from regulars.app import Program
from regulars.console.services import workspace_settings
from regulars.console.services.programmes import Programmes, shipped_text
from regulars.demo.world import CHAIN
from regulars.engine.turn import utc_now
from regulars.store.audit import write_line_async
from regulars.store.promotions import Promotions

ZONE: Final = "Europe/London"
CLUB: Final = {
    'who = "enrolled"\nsales_before_days = 14': 'who = "card"',
    "Europe/Berlin": ZONE,
    "Regulars Club": f"{CHAIN} Club",
}
"""What the demo's programme has instead of the shipped one's: tills identify its members by their cards alone."""
DRAFTS: Final = frozenset({"welcome-code"})
"""Promotions that are written down and do not run yet, so that there is one to look at and activate."""
ACTOR: Final = "demo"


async def set_up_shop(program: Program, since: datetime) -> None:
    """Decide what nobody has decided yet. The club holds from `since` on, before the first sale."""
    await _name(program)
    await _club(program, since)
    await _promotions(program)


async def _name(program: Program) -> None:
    """Give the workspace the name and the time zone of the chain, unless somebody chose others."""
    async with program.database.read(program.workspace_id) as conn:
        saved = await workspace_settings.load(conn, program.workspace_id)
    if saved.version == workspace_settings.Saved().version:
        await workspace_settings.save(
            program.database,
            program.workspace_id,
            {"name": CHAIN, "time_zone": ZONE},
            version=saved.version,
            ground=workspace_settings.Ground(),
            by=ACTOR,
            now=utc_now(),
        )


async def _club(program: Program, since: datetime) -> None:
    """Publish the shipped programme from before the history on, for whoever has a card, unless there is one."""
    programmes = Programmes(program.database, program.vault, utc_now)
    if await programmes.known():
        return
    text = shipped_text()
    for ours, theirs in CLUB.items():
        text = text.replace(ours, theirs, 1)
    number = await programmes.save_draft(text, ACTOR)
    await programmes.publish(program.gate, number, "The demo begins.", ACTOR, effective_from=since)


async def _promotions(program: Program) -> None:
    """Write down the promotions of the demo, and let them run, where there are none."""
    register = Promotions(program.database, audit=write_line_async, clock=utc_now)
    if await register.page(program.workspace_id, limit=1):
        return
    for file in resources.files("regulars.demo").joinpath("promotions").iterdir():
        known = await register.put(program.workspace_id, file.read_text(encoding="utf-8"), actor=ACTOR)
        if known.promotion_id not in DRAFTS:
            await register.activate(program.workspace_id, known.promotion_id, actor=ACTOR)
