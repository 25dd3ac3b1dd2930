"""Why the records of a customer are one person, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath

from regulars.capabilities.identity.explaining import Tie
from regulars.console.services import profile as profiles
from regulars.console.services.audit import load_names
from regulars.console.services.explained_lines import Eyes, Lines, RecordLine, nearest, record_lines
from regulars.console.services.explained_words import generic_words, summary
from regulars.console.services.explaining import Explained, Word, explain
from regulars.console.services.log import names
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk
from regulars.observe import mask
from regulars.vocabulary.errors import NotFound

from .customers import profile_id_of

LINKS_SHOWN: Final = 20
OTHERS_SHOWN: Final = 20
RECORDS_SHOWN: Final = 40


@get("/customers/{profile:str}/why-one", include_in_schema=False)
async def why_one(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """All that links the records of a customer; with `from` and `to` the way between two of them.

    With `other` it is about what is between this customer and another.
    """
    visit = await desk.visit_to(request, "customers")
    params = request.query_params
    start, goal, other = params.get("from"), params.get("to"), params.get("other")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        profile_id = await profiles.resolve(conn, desk.workspace_id, profile_id_of(profile))
        known = await names(conn, desk.workspace_id)
    if start and goal:
        found = await explain(desk.deps.db, desk.deps.vault, profile_id_of(start), profile_id_of(goal))
    else:
        asked = profile_id_of(other) if other else None
        found = await explain(desk.deps.db, desk.deps.vault, profile_id, asked)
    if found.profile_id != profile_id or (start and goal and found.two):
        raise NotFound("This record is not one of this customer's.", field="from" if start else "other")
    eyes = Eyes(clear=visit.viewer.sees("contacts"))
    near = nearest(found)[:OTHERS_SHOWN]
    records = record_lines(found, eyes, near)
    lines = Lines(found, eyes, {rid: line.number for rid, line in records.items()})
    context = {
        "explained": found, "summary": summary(found), "records": records, "sources": known,
        "shown": _shown(found, records, near),
        "holding": lines.pairs(found.inside.tree[:LINKS_SHOWN]), "holding_more": len(found.inside.tree) - LINKS_SHOWN,
        "also": lines.pairs(_others(found)[:OTHERS_SHOWN]),
        "way": lines.pairs(found.way), "start": start or "", "goal": goal or "",
        "apart": lines.pairs(near),
        "cuts": [lines.cut(cut) for cut in found.cuts.cuts],
        "generics": [(lines.value((one.kind, one.value)), generic_words(one.kind), one) for one in found.generics],
        "said": await _said(desk, found, clear=eyes.clear), "base": f"/customers/{profile_id.hex}",
        "link_bits": found.model.bands.link, "review_bits": found.model.bands.review, "prior_bits": found.model.prior.bits,
    }  # fmt: skip
    return await desk.page(request, visit, "pages/why_one.html", "customers", **context)


def _shown(found: Explained, records: Mapping[str, RecordLine], near: Sequence[Tie]) -> list[RecordLine]:
    """The records to list: the first of the profile, and all that are named on the page."""
    named = {rid for tie in [*found.inside.tree[:LINKS_SHOWN], *found.way, *near] for rid in (tie.a, tie.b)}
    return [line for line in records.values() if line.number <= RECORDS_SHOWN or line.record_id in named]


def _others(found: Explained) -> list[Tie]:
    """Pairs of the profile that are not needed to hold it together."""
    needed = {(tie.a, tie.b) for tie in found.inside.tree}
    return [tie for tie in found.inside.ties if (tie.a, tie.b) not in needed]


async def _said(desk: Desk, found: Explained, *, clear: bool) -> dict[Word, tuple[str, str]]:
    """Who decided, in words, and why."""
    if not found.words:
        return {}
    async with desk.deps.db.read(desk.workspace_id) as conn:
        people = await load_names(conn, desk.deps.vault)
    return {
        word: (people.actor(word.actor or ""), (word.reason or "") if clear else mask(word.reason or ""))
        for word in found.words.values()
    }


HANDLERS = (why_one,)
