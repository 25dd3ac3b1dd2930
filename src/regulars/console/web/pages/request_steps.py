"""The steps of a request: the form of its page that takes one, and the pages on paper: the customer's copy, the proof."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.api.privacy import Export, export_of
from regulars.console.requests import words
from regulars.console.requests.book import Request
from regulars.console.requests.steps import STEPS
from regulars.console.services import audit
from regulars.console.services.audit_words import action_words, value_words
from regulars.console.services.common import sources
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.security import PAGE_HEADERS
from regulars.vocabulary.errors import NotFound, RegularsError

from .requests import number_of, request_page


@post("/requests/{number:str}", include_in_schema=False)
async def take_step(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Take the step a form names and lead to the page of the request; what was typed stays when it fails.

    All steps share the address of the page, so that reloading it, or changing its theme, finds it again.
    """
    visit = await desk.visit_to(request, "requests")
    fields = await desk.form(request, visit.token)
    no, name = number_of(number), fields.get("step", "")
    await desk.requests.book.one(no)
    if name not in STEPS:
        raise NotFound("A request has no such step.", field="step")
    try:
        await STEPS[name].take(desk.requests, no, fields, actor_of(visit.viewer.user_id))
    except RegularsError as error:
        if error.status >= 500:
            raise
        return await request_page(request, desk, visit, no, error=error, asked=fields)
    desk.forget_counts()
    return desk.go(f"/requests/{no}?done={name}")


@post("/requests/{number:str}/file", include_in_schema=False, status_code=200)
async def data_file(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """All that is kept of the customer as a JSON file; its hash is noted with the request."""
    visit = await desk.visit_to(request, "requests")
    await desk.form(request, visit.token)
    no = number_of(number)
    exported, body = await _exported(desk, await desk.requests.book.one(no))
    await _note_copy(desk, visit, no, "json", exported, body)
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="request-{no}.json"'}
    return Response(body, headers=headers, media_type="application/json")


@post("/requests/{number:str}/print", include_in_schema=False, status_code=200)
async def copy_on_paper(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """All that is kept of the customer as pages to print; the hash of the same data is noted."""
    visit = await desk.visit_to(request, "requests")
    await desk.form(request, visit.token)
    no = number_of(number)
    exported, body = await _exported(desk, await desk.requests.book.one(no))
    sha256 = await _note_copy(desk, visit, no, "print", exported, body)
    context = {"no": no, "data": exported, "sha256": sha256, "flat": flat}
    return await desk.page(request, visit, "pages/request_print.html", "requests", **context)


@get("/requests/{number:str}/proof", include_in_schema=False)
async def proof(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Who did what and when, its hash, and the audit lines that hold it: pages to print."""
    visit = await desk.visit_to(request, "requests")
    found = await desk.requests.proof(number_of(number))
    async with desk.deps.db.read(desk.workspace_id) as conn:
        names = await audit.load_names(conn, desk.deps.vault)
    one = await desk.requests.book.one(number_of(number))
    context = {
        "one": one,
        "proof": found,
        "names": names,
        "words": words,
        "action_words": action_words,
        "value_words": value_words,
    }
    return await desk.page(request, visit, "pages/request_proof.html", "requests", **context)


HANDLERS = (take_step, data_file, copy_on_paper, proof)


async def _exported(desk: Desk, one: Request) -> tuple[Export, bytes]:
    found = await desk.requests.customer(one)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        known = await sources(conn, desk.workspace_id)
        names = {number: source.name for number, source in known.items()}
        exported = await export_of(conn, desk.deps.vault, found, names, now=desk.deps.clock())
    return exported, msgspec.json.encode(exported)


async def _note_copy(desk: Desk, visit: Visit, no: int, form: str, exported: Export, body: bytes) -> str:
    sha256 = hashlib.sha256(body).hexdigest()
    by = actor_of(visit.viewer.user_id)
    await desk.requests.handed_out(no, by, form=form, sha256=sha256, events=len(exported.events))
    return sha256


def flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """The values of a JSON object, each with its path; for paper."""
    if isinstance(value, dict):
        return [
            line for key, one in value.items() for line in flat(one, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(value, list):
        return [line for at, one in enumerate(value, 1) for line in flat(one, f"{name} {at}")]
    return [(name, str(value))]
