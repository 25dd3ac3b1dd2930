"""Trying a draft: one basket for one customer, and the sales of the last days, beside what holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.capabilities.loyalty.simulation import unstored, worth
from regulars.console.i18n import _, told
from regulars.console.services.basket_form import ROWS_MAX, Typed, basket_of, empty, typed_of
from regulars.console.services.baskets import Trial, try_out
from regulars.console.services.customers import find_customers
from regulars.console.services.held_words import why_words
from regulars.console.services.programme_words import sentence_words
from regulars.console.services.programmes import number_of
from regulars.console.services.simulations import DAYS, Run
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from .loyalty import EDIT, READ, programmes_of


@get("/loyalty/{number:str}/try", include_in_schema=False)
async def try_form(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """The form of a basket, and the last count of sales."""
    visit = await desk.visit_to(request, EDIT)
    return await _page(request, desk, visit, number_of(number))


@post("/loyalty/{number:str}/try", include_in_schema=False)
async def try_basket(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """What a basket gives."""
    visit = await desk.visit_to(request, EDIT)
    fields = await desk.form(request, visit.token)
    wanted, programmes = number_of(number), programmes_of(desk)
    typed, trial = typed_of(fields), None
    draft, _holding = await programmes.draft_and_live(wanted)
    if "more" not in fields:
        customer = await _customer(desk, visit, typed)
        basket = basket_of(typed, draft.programme, customer)
        if basket is not None:
            try:
                trial = await try_out(
                    programmes, desk.deps.db, desk.workspace_id, wanted, basket, desk.deps.clock()
                )
            except (InvalidInput, NotFound) as error:
                typed.faults[error.field or "currency"] = told(error)
    status = 400 if typed.faults else 200
    return await _page(request, desk, visit, wanted, typed=typed, trial=trial, status=status)


@post("/loyalty/{number:str}/try/sales", include_in_schema=False)
async def try_sales(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Begin to count the sales of the last days under the draft."""
    visit = await desk.visit_to(request, EDIT)
    await desk.form(request, visit.token)
    wanted = number_of(number)
    try:
        await desk.deps.simulations.start(desk.workspace_id, programmes_of(desk), wanted)
    except Conflict as error:
        return await _page(request, desk, visit, wanted, fault=told(error), status=error.status)
    return desk.go(f"/loyalty/{wanted}/try#sales")


HANDLERS = (try_form, try_basket, try_sales)


async def _customer(desk: Desk, visit: Visit, typed: Typed) -> UUID | None:
    """The one customer that was meant; a fault where it is none, or several."""
    query = typed.plain["customer"]
    if not query:
        return None
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await find_customers(
            conn,
            desk.deps.vault,
            query,
            region=desk.deps.region,
            page=None,
            clear=visit.viewer.sees("contacts"),
            spend=False,
        )
    if len(found.people) == 1:
        return found.people[0].profile_id
    typed.faults["customer"] = (
        _("Several customers may be meant; write a card or an e-mail.")
        if found.people
        else _("No customer was found.")
    )
    return None


async def _page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    number: int,
    *,
    typed: Typed | None = None,
    trial: Trial | None = None,
    status: int = 200,
    **context: Any,
) -> Response[Any]:
    programmes = programmes_of(desk)
    one = await programmes.one(number)
    draft, live = await programmes.draft_and_live(number)
    run = desk.deps.simulations.last(desk.workspace_id, number)
    meant = draft.programme
    context = {
        "one": one,
        "draft": draft,
        "programme": meant,
        "live": live,
        "typed": typed or empty(meant),
        "trial": trial,
        "choices": {
            "currency": [(code, code) for code in meant.currencies],
            "tier": [("", _("The customer's own")), *((tier.code, tier.name) for tier in meant.tier)],
        },
        "more": len((typed or empty(meant)).lines) < ROWS_MAX,
        "run": run,
        "days": DAYS,
        "worths": _worths(run),
        "lacking": unstored(meant),
        "said": lambda sentences: " ".join(map(sentence_words, sentences)),
        "why_words": why_words,
        "fault": None,
        **context,
    }
    return await desk.page(request, visit, "pages/loyalty_try.html", READ, status=status, **context)


def _worths(run: Run | None) -> list[list[tuple[str, int]]]:
    """What the points of the draft, and of what holds, are worth by currency."""
    if run is None or run.found is None:
        return [[], []]
    outcome = run.found.outcome
    draft = worth(run.draft, outcome.draft)
    live = worth(run.live, outcome.live) if run.live is not None and outcome.live is not None else {}
    return [sorted(draft.items()), sorted(live.items())]
