"""API keys and sources: making, following and ending keys, closing and opening sources.

The text of a key is in the answer that makes it and nowhere else: no address, no log line and no later page has it.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import _, told
from regulars.console.services import access_keys as service
from regulars.console.services import source_list
from regulars.console.services.common import whole
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.notices import Notice, Undo
from regulars.console.web.ticked import STORE_FIELD, ticked_stores
from regulars.store.keys import KeyInfo, NewKey
from regulars.vocabulary.errors import Conflict, InvalidInput

_PAGE_DIGITS_MAX: Final = 6


@get("/keys", include_in_schema=False)
async def key_list(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The keys in use, or those that ended."""
    visit = await desk.visit_to(request, "keys")
    return await _keys(request, desk, visit)


@get("/keys/new", include_in_schema=False)
async def key_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form that makes a key."""
    visit = await desk.visit_to(request, "keys")
    names, closed = await service.names_of_sources(desk.deps.sources, desk.workspace_id)
    asked = request.query_params.get("source", "")
    form = service.KeyForm(source=asked if asked in names else "")
    return await _form(request, desk, visit, form, names, closed)


@post("/keys", include_in_schema=False)
async def make_key(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Make a key and show it once; a form that cannot be used comes back with its faults."""
    visit = await desk.visit_to(request, "keys")
    fields = await desk.form(request, visit.token)
    names, closed = await service.names_of_sources(desk.deps.sources, desk.workspace_id)
    form = service.read_form(fields, frozenset(names), ticked_stores(fields))
    service.require_may_give(visit.viewer.role, form.scopes)
    if form.faults:
        return await _form(request, desk, visit, form, names, closed, status=400)
    try:
        made = await desk.deps.keys.create(
            desk.workspace_id,
            name=form.name,
            scopes=form.scopes,
            source=form.speaks_for,
            expires_at=desk.deps.clock() + timedelta(days=form.days) if form.days else None,
            stores=form.stores or None,
            actor=actor_of(visit.viewer.user_id),
        )
    except InvalidInput as error:
        form.faults[error.field or "name"] = told(error)
        return await _form(request, desk, visit, form, names, closed, status=error.status)
    return await _keys(request, desk, visit, made=made, made_name=form.name)


@get("/keys/{key_id:str}/rotate", include_in_schema=False)
async def rotate_form(request: WebRequest, desk: AtDesk, key_id: FromPath[str]) -> Response[Any]:
    """Ask how long the old key works on."""
    visit = await desk.visit_to(request, "keys")
    key = await _to_follow(desk, visit, key_id)
    context = {"key": key, "hours": service.OVERLAP_HOURS}
    return await desk.page(request, visit, "pages/key_rotate.html", "keys", **context)


@post("/keys/{key_id:str}/rotate", include_in_schema=False)
async def rotate_key(request: WebRequest, desk: AtDesk, key_id: FromPath[str]) -> Response[Any]:
    """Make the key that follows another and show it once."""
    visit = await desk.visit_to(request, "keys")
    fields = await desk.form(request, visit.token)
    key = await _to_follow(desk, visit, key_id)
    hours = service.choice(fields.get("overlap_hours", ""), service.OVERLAP_HOURS, "overlap_hours")
    made = await desk.deps.keys.rotate(
        desk.workspace_id, key.key_id, overlap_hours=hours, actor=actor_of(visit.viewer.user_id)
    )
    return await _keys(request, desk, visit, made=made, made_name=key.name, overlap_hours=hours)


@get("/keys/{key_id:str}/revoke", include_in_schema=False)
async def revoke_form(request: WebRequest, desk: AtDesk, key_id: FromPath[str]) -> Response[Any]:
    """Ask whether a key is to end."""
    visit = await desk.visit_to(request, "keys")
    key = service.find_key(await desk.deps.keys.list(desk.workspace_id), key_id)
    return await desk.page(request, visit, "pages/key_revoke.html", "keys", key=key)


@post("/keys/{key_id:str}/revoke", include_in_schema=False)
async def revoke_key(request: WebRequest, desk: AtDesk, key_id: FromPath[str]) -> Response[Any]:
    """End a key at once."""
    visit = await desk.visit_to(request, "keys")
    await desk.form(request, visit.token)
    key = service.find_key(await desk.deps.keys.list(desk.workspace_id), key_id)
    await service.revoke(desk.deps.keys, desk.workspace_id, key, actor=actor_of(visit.viewer.user_id))
    return desk.go(f"/keys?revoked={key_id}")


@get("/keys/sources", include_in_schema=False)
async def sources(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Who may tell us things, and what they told lately."""
    visit = await desk.visit_to(request, "keys")
    now = desk.deps.clock()
    known = await desk.deps.sources.list(desk.workspace_id)
    keys = await desk.deps.keys.list(desk.workspace_id)
    live = Counter(
        key.source
        for key in keys
        if service.state_of(key, now, source_off=False) not in {"expired", "revoked"}
    )
    async with desk.deps.db.read(desk.workspace_id) as conn:
        page = await source_list.sources_page(
            conn,
            desk.workspace_id,
            known,
            connectors=desk.deps.connectors,
            base_url=desk.deps.base_url,
            live_keys=live,
            now=now,
        )
    changed = next((line for line in page.lines if line.name == request.query_params.get("changed")), None)
    context = {
        "page": page,
        "keys_live": live.total(),
        "notice": _switched(changed) if changed else None,
        "counted": source_list.EVENTS_READ_MAX,
    }
    return await desk.page(request, visit, "pages/sources.html", "keys", **context)


@post("/keys/sources/{name:str}/off", include_in_schema=False)
async def switch_off(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Refuse what a source sends, and its keys."""
    return await _switch(request, desk, name, off=True)


@post("/keys/sources/{name:str}/on", include_in_schema=False)
async def switch_on(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Take what a source sends again."""
    return await _switch(request, desk, name, off=False)


HANDLERS = (
    key_list, key_form, make_key, rotate_form, rotate_key, revoke_form, revoke_key, sources, switch_off, switch_on,
)  # fmt: skip


async def _keys(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    made: NewKey | None = None,
    made_name: str = "",
    overlap_hours: int | None = None,
) -> Response[Any]:
    params = {} if made is not None else request.query_params
    keys = await desk.deps.keys.list(desk.workspace_id)
    _names, closed = await service.names_of_sources(desk.deps.sources, desk.workspace_id)
    ended = params.get("show") == "ended"
    number = whole(params.get("page") or "1", "page")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        page = await service.key_page(
            conn,
            desk.deps.vault,
            keys,
            role=visit.viewer.role,
            closed=closed,
            now=desk.deps.clock(),
            ended=ended,
            page=min(max(1, number), 10**_PAGE_DIGITS_MAX),
        )
    revoked = params.get("revoked")
    context = {
        "page": page,
        "stores": await desk.team.stores(),
        "ended": ended,
        "made": made,
        "made_name": made_name,
        "overlap_hours": overlap_hours,
        "revoked": next((k for k in keys if k.revoked_at and k.key_id.replace("-", "") == revoked), None),
    }
    if made is not None:
        # A reload asks for the list, not for another key.
        context["headers"] = {"HX-Push-Url": "/keys"}
    return await desk.page(request, visit, "pages/keys.html", "keys", **context)


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    form: service.KeyForm,
    names: list[str],
    closed: frozenset[str],
    *,
    status: int = 200,
) -> Response[Any]:
    context = {
        "form": form,
        "sources": names,
        "closed": closed,
        "scopes": service.scopes_of_role(visit.viewer.role),
        "all_scopes": visit.viewer.role == "owner",
        "words": service.scope_words,
        "prefix": service.SCOPE_FIELD,
        "days": service.EXPIRY_DAYS,
        "stores": await desk.team.stores(),
        "store_field": STORE_FIELD,
    }
    return await desk.page(request, visit, "pages/key_new.html", "keys", status=status, **context)


async def _to_follow(desk: Desk, visit: Visit, key_id: str) -> KeyInfo:
    """The key somebody wants to follow by another. Raises NotFound, Conflict, Forbidden.

    Its successor has the same rights and its text is shown, so it takes the right to give them.
    """
    key = service.find_key(await desk.deps.keys.list(desk.workspace_id), key_id)
    service.require_may_give(visit.viewer.role, key.scopes)
    state = service.state_of(key, desk.deps.clock(), source_off=False)
    if state in {"expired", "revoked", "replaced"}:
        raise Conflict("This key has ended or was rotated already.", field="key_id")
    return key


def _switched(line: source_list.SourceLine) -> Notice:
    """How the switch of a source stands now, and the way back."""
    if line.disabled_at is None:
        text, back = _("“%(name)s” is on. What it sends is taken.", name=line.name), "off"
    else:
        text, back = (
            _("“%(name)s” is off. What it sends is refused, and so are its keys.", name=line.name),
            "on",
        )
    return Notice(text, Undo(f"/keys/sources/{line.name}/{back}"))


async def _switch(request: WebRequest, desk: Desk, name: str, *, off: bool) -> Response[Any]:
    visit = await desk.visit_to(request, "keys")
    await desk.form(request, visit.token)
    known = source_list.find_source(await desk.deps.sources.list(desk.workspace_id), name)
    if (known.disabled_at is not None) is not off:
        await desk.deps.sources.disable(
            desk.workspace_id, name, disabled=off, actor=actor_of(visit.viewer.user_id)
        )
        desk.deps.keys.forget()
    return desk.go(f"/keys/sources?changed={name}")
