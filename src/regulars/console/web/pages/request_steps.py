"""The steps of a request: each form of its page, and the pages on paper: the copy for the customer, and the proof."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.api.privacy import Export, export_of
from regulars.console.i18n import _
from regulars.console.requests import words
from regulars.console.requests.book import Request
from regulars.console.requests.correction import Correction
from regulars.console.services import audit
from regulars.console.services.audit_words import action_words, value_words
from regulars.console.services.common import sources
from regulars.console.services.people import name_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.security import PAGE_HEADERS
from regulars.vocabulary.errors import InvalidInput, RegularsError
from regulars.vocabulary.events import Address

from .requests import number_of, request_page

_ADDRESS: Final = ("line1", "line2", "postcode", "city", "region", "country")
_PLAIN: Final = ("given_name", "family_name", "email", "phone")


@post("/requests/{number:str}/check", include_in_schema=False, status_code=200)
async def check(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Note how the identity was checked."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        await desk.requests.book.check(no, fields.get("method", ""), by, fields.get("note", ""))
        return _("The identity check is noted.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/extend", include_in_schema=False, status_code=200)
async def extend(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Add two months, once."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        await desk.requests.book.extend(no, fields.get("reason", ""), by)
        return _("The deadline is two months later. Tell the customer so, and why.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/notes", include_in_schema=False, status_code=200)
async def note(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Add a note."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        await desk.requests.book.note(no, fields.get("note", ""), by)
        return _("The note is added.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/refuse", include_in_schema=False, status_code=200)
async def refuse(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """End a request without carrying it out."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        await desk.requests.refuse(no, fields.get("reason", ""), by, fields.get("note", ""))
        return _("The request is refused. Tell the customer why, and where they may complain.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/erase", include_in_schema=False, status_code=200)
async def erase(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Erase the customer, once their name or the number of the request was typed."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        found = await desk.requests.customer(await desk.requests.book.one(no))
        typed = _folded(fields.get("confirm", ""))
        if not typed or typed not in {_folded(name_of(found.parts) or ""), str(no)}:
            raise InvalidInput(_("Type the customer's name, or the number of the request."), field="confirm")
        await desk.requests.erase(no, by)
        return _("The customer is erased. The proof is ready to be printed.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/correct", include_in_schema=False, status_code=200)
async def correct(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Say the right values."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        done = await desk.requests.correct(no, _correction(fields), by)
        left = done.proof.get("records_left")
        if left:
            return _("Corrected. %(n)s records are known by the old contact alone and keep it.", n=left)
        return _("Corrected. Correct it in the systems it comes from as well, or they will say it again.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/object", include_in_schema=False, status_code=200)
async def withdraw(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Withdraw every consent of the customer."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        del fields
        await desk.requests.object(no, by)
        return _("Every consent is withdrawn. No marketing message goes out any more.")

    return await _step(request, desk, number, work)


@post("/requests/{number:str}/answer", include_in_schema=False, status_code=200)
async def answer(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Close a request for access or portability."""

    async def work(no: int, fields: Mapping[str, str], by: str) -> str:
        del fields
        await desk.requests.answer(no, by)
        return _("The request is answered.")

    return await _step(request, desk, number, work)


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


HANDLERS = (
    check, extend, note, refuse, erase, correct, withdraw, answer, data_file, copy_on_paper, proof,
)  # fmt: skip


async def _step(
    request: WebRequest,
    desk: Desk,
    number: str,
    work: Callable[[int, Mapping[str, str], str], Awaitable[str]],
) -> Response[Any]:
    """Take a step, and show the page with what came of it; what was typed stays when it fails."""
    visit = await desk.visit_to(request, "requests")
    fields = await desk.form(request, visit.token)
    no = number_of(number)
    await desk.requests.book.one(no)
    try:
        done = await work(no, fields, actor_of(visit.viewer.user_id))
    except RegularsError as error:
        if error.status >= 500:
            raise
        return await request_page(request, desk, visit, no, error=error, asked=fields)
    desk.forget_counts()
    return await request_page(request, desk, visit, no, done=done)


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


def _correction(fields: Mapping[str, str]) -> Correction:
    """The values that were filled in. Raises InvalidInput with the field."""
    given: dict[str, Any] = {name: fields.get(name, "").strip() or None for name in _PLAIN}
    born = fields.get("birth_date", "").strip()
    parts = {name: fields.get(name, "").strip() or None for name in _ADDRESS}
    for name, value in {**given, **parts}.items():
        if value is not None and len(value) > 200:
            raise InvalidInput(_("At most 200 characters fit here."), field=name)
    try:
        birth_date = date.fromisoformat(born) if born else None
    except ValueError:
        raise InvalidInput(_("Give a day, such as 1990-02-01."), field="birth_date") from None
    address = Address(**parts) if any(parts.values()) else None
    return Correction(**given, birth_date=birth_date, address=address)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """The values of a JSON object, each with its path; for paper."""
    if isinstance(value, dict):
        return [
            line for key, one in value.items() for line in flat(one, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(value, list):
        return [line for at, one in enumerate(value, 1) for line in flat(one, f"{name} {at}")]
    return [(name, str(value))]
