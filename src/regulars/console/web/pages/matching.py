"""Matching: the model people are matched by, in words; others, what they would change, putting one to work; what says nothing."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from regulars.capabilities.identity.model import ModelError, parse
from regulars.capabilities.identity.normalise import FILLERS
from regulars.console.accounts import actor_of
from regulars.console.i18n import _, told
from regulars.console.services.audit import load_names
from regulars.console.services.model_words import field_words, model_words
from regulars.console.services.models import CONTENT_BYTES_MAX, Models, number_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

MODELS_SHOWN: Final = 50


@get("/matching", include_in_schema=False)
async def matching(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The model at work, values that name nobody, and the models there are."""
    visit = await desk.visit_to(request, "matching")
    return await _overview(request, desk, visit)


@get("/matching/models/new", include_in_schema=False)
async def new_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form that adds a model."""
    return await _form(request, desk, await desk.visit_to(request, "matching"))


@post("/matching/models/new", include_in_schema=False)
async def add(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Keep a model that was pasted or uploaded; one that cannot be used comes back with the place of its fault."""
    visit = await desk.visit_to(request, "matching")
    fields = await desk.form(request, visit.token)
    content = fields.get("content", "")
    keep = fields.get("frequencies") != "none"
    try:
        content = await _uploaded(request) or content
        number = await _models(desk).add(content, "keep" if keep else "none", actor_of(visit.viewer.user_id))
    except (InvalidInput, Conflict) as error:
        english = isinstance(error, ModelError)  # what is wrong in a file is told in the words of its format
        fault = f"{error.field}: {told(error)}" if english and error.field else told(error)
        return await _form(
            request,
            desk,
            visit,
            content=content,
            keep=keep,
            fault=fault,
            english=english,
            status=error.status,
        )
    return desk.go(f"/matching/models/{number}?done=added")


@get("/matching/models/{number:str}", include_in_schema=False)
async def model(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """One model in words and as its file, what it would change, and putting it to work."""
    visit = await desk.visit_to(request, "matching")
    added = request.query_params.get("done") == "added"
    return await _model(
        request,
        desk,
        visit,
        number_of(number),
        done=_("The model is kept. Nothing has changed yet.") if added else None,
    )


@post("/matching/models/{number:str}/preview", include_in_schema=False)
async def preview(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Begin to work out what a model would change."""
    visit = await desk.visit_to(request, "matching")
    await desk.form(request, visit.token)
    wanted = number_of(number)
    content, frequencies = await _models(desk).stored(wanted)
    try:
        desk.deps.previews.start(desk.workspace_id, wanted, content, frequencies)
    except Conflict as error:
        return await _model(request, desk, visit, wanted, fault=told(error), status=error.status)
    return desk.go(f"/matching/models/{wanted}#preview")


@post("/matching/models/{number:str}/promote", include_in_schema=False)
async def promote(request: WebRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
    """Put a model to work."""
    visit = await desk.visit_to(request, "matching")
    fields = await desk.form(request, visit.token)
    wanted = number_of(number)
    reason = fields.get("reason", "")
    try:
        await _models(desk).promote(desk.deps.gate, wanted, reason, actor_of(visit.viewer.user_id))
    except (InvalidInput, Conflict) as error:
        return await _model(
            request, desk, visit, wanted, fault=told(error), reason=reason, status=error.status
        )
    return desk.go("/matching?done=promoted")


@post("/matching/rollback", include_in_schema=False)
async def rollback(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Put the model to work that was before."""
    visit = await desk.visit_to(request, "matching")
    fields = await desk.form(request, visit.token)
    reason = fields.get("reason", "")
    try:
        await _models(desk).rollback(desk.deps.gate, reason, actor_of(visit.viewer.user_id))
    except (InvalidInput, Conflict, NotFound) as error:
        return await _overview(request, desk, visit, fault=told(error), reason=reason, status=error.status)
    return desk.go("/matching?done=back")


HANDLERS = (matching, new_form, add, model, preview, promote, rollback)


def _models(desk: Desk) -> Models:
    return Models(desk.deps.db, desk.deps.vault, desk.deps.clock)


async def _uploaded(request: WebRequest) -> str:
    """The text of the file that came along, if one did. Raises InvalidInput for one that is no text or too large."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return ""
    data = await file.read(CONTENT_BYTES_MAX + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("This file is no text in UTF-8.", field="file") from None


async def _overview(
    request: WebRequest, desk: Desk, visit: Visit, *, status: int = 200, **context: Any
) -> Response[Any]:
    models = _models(desk)
    standing = await models.standing()
    known = await models.known()
    done = {
        "promoted": _("The model is at work. Records are matched anew by it while events go on."),
        "back": _("The model before is at work again. Records are matched anew by it while events go on."),
    }.get(request.query_params.get("done", ""))
    context = {
        "standing": standing,
        "words": model_words(parse(await models.content(standing.number))),
        "model": await models.one(standing.number),
        "before": await models.before(),
        "known": known[:MODELS_SHOWN],
        "more": len(known) - MODELS_SHOWN,
        "quiet": await models.quiet(masked=not visit.viewer.sees("contacts")),
        "names": await _names(desk),
        "fillers": sorted(FILLERS, key=lambda filler: (len(filler), filler)),
        "field_words": field_words,
        "done": done,
        "fault": None,
        "reason": "",
        **context,
    }
    return await desk.page(request, visit, "pages/matching.html", "matching", status=status, **context)


async def _model(
    request: WebRequest, desk: Desk, visit: Visit, number: int, *, status: int = 200, **context: Any
) -> Response[Any]:
    models = _models(desk)
    content = await models.content(number)
    context = {
        "model": await models.one(number),
        "standing": await models.standing(),
        "words": model_words(parse(content)),
        "content": content,
        "look": desk.deps.previews.last(desk.workspace_id, number),
        "names": await _names(desk),
        "done": None,
        "fault": None,
        "reason": "",
        **context,
    }
    return await desk.page(request, visit, "pages/matching_model.html", "matching", status=status, **context)


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    content: str = "",
    keep: bool = True,
    fault: str | None = None,
    english: bool = False,
    status: int = 200,
) -> Response[Any]:
    context = {
        "content": content, "keep": keep, "fault": fault, "english": english, "bytes_max": CONTENT_BYTES_MAX,
    }  # fmt: skip
    return await desk.page(request, visit, "pages/matching_add.html", "matching", status=status, **context)


async def _names(desk: Desk) -> Any:
    async with desk.deps.db.read(desk.workspace_id) as conn:
        return await load_names(conn, desk.deps.vault)
