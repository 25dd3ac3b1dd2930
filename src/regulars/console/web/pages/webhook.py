"""One webhook: what it was told and what it answered, sending once more, testing, switching, its secret."""

from __future__ import annotations

from typing import Any, Final, cast, get_args

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import _, ngettext, told
from regulars.console.services import webhooks as service
from regulars.console.services.common import pack_place, unpack_place
from regulars.console.services.webhooks import number_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.notices import Notice, Undo
from regulars.store.audit import write_line_async
from regulars.store.deliveries import Deliveries, State
from regulars.store.webhooks import OVERLAP_HOURS
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.webhooks import MESSAGES

ROWS: Final = 50


@get("/webhooks/{webhook_id:str}", include_in_schema=False)
async def webhook(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """What it was told, the newest first."""
    visit = await desk.visit_to(request, "webhooks")
    endpoint_id, done = number_of(webhook_id, "webhook_id"), request.query_params.get("done")
    if done == "changed":
        return await _page(request, desk, visit, endpoint_id, done=_("The webhook was changed."))
    notice = await _switched(desk, endpoint_id) if done == "switched" else None
    return await _page(request, desk, visit, endpoint_id, notice=notice)


@post("/webhooks/{webhook_id:str}/on", include_in_schema=False)
async def switch_on(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Tell it again."""
    return await _switch(request, desk, webhook_id, on=True)


@post("/webhooks/{webhook_id:str}/off", include_in_schema=False)
async def switch_off(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Tell it nothing more."""
    return await _switch(request, desk, webhook_id, on=False)


@post("/webhooks/{webhook_id:str}/rotate", include_in_schema=False)
async def rotate(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Make a new secret and show it once; the old one signs as well for a day."""
    visit, endpoint_id = await _form_of(request, desk, webhook_id)
    _endpoint, secret = await desk.deps.webhooks.rotate(
        desk.workspace_id, endpoint_id, actor=actor_of(visit.viewer.user_id)
    )
    return await _page(request, desk, visit, endpoint_id, secret=secret)


@post("/webhooks/{webhook_id:str}/test", include_in_schema=False)
async def test(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Send a test message and show what came back."""
    visit, endpoint_id = await _form_of(request, desk, webhook_id)
    answer = await desk.deps.webhooks.test(
        desk.workspace_id, endpoint_id, actor=actor_of(visit.viewer.user_id)
    )
    return await _page(request, desk, visit, endpoint_id, tested=answer)


@post("/webhooks/{webhook_id:str}/resend", include_in_schema=False)
async def resend_failed(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Send all that failed since a day once more."""
    visit = await desk.visit_to(request, "webhooks")
    fields = await desk.form(request, visit.token)
    endpoint_id = (
        await desk.deps.webhooks.get(desk.workspace_id, number_of(webhook_id, "webhook_id"))
    ).endpoint_id
    try:
        since = service.start_of(fields.get("since", ""), desk.deps.zone)
    except InvalidInput as error:
        return await _page(request, desk, visit, endpoint_id, fault=told(error), status=400)
    count = await _log(desk).resend_failed(endpoint_id, since, actor=actor_of(visit.viewer.user_id))
    done = ngettext("%(n)s message is sent once more.", "%(n)s messages are sent once more.", count)
    return await _page(
        request, desk, visit, endpoint_id, done=done if count else _("Nothing failed since then.")
    )


@get("/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}", include_in_schema=False)
async def delivery(
    request: WebRequest, desk: AtDesk, webhook_id: FromPath[str], delivery_id: FromPath[str]
) -> Response[Any]:
    """One message with its body and attempts."""
    visit = await desk.visit_to(request, "webhooks")
    endpoint_id = number_of(webhook_id, "webhook_id")
    return await _delivery(request, desk, visit, endpoint_id, number_of(delivery_id, "delivery_id"))


@post("/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}/resend", include_in_schema=False)
async def resend(
    request: WebRequest, desk: AtDesk, webhook_id: FromPath[str], delivery_id: FromPath[str]
) -> Response[Any]:
    """Send one message once more."""
    visit, endpoint_id = await _form_of(request, desk, webhook_id)
    wanted = number_of(delivery_id, "delivery_id")
    await _log(desk).resend(endpoint_id, wanted, actor=actor_of(visit.viewer.user_id))
    return await _delivery(
        request, desk, visit, endpoint_id, wanted, done=_("The message is sent once more, under the same id.")
    )


HANDLERS = (webhook, switch_on, switch_off, rotate, test, resend_failed, delivery, resend)


async def _form_of(request: WebRequest, desk: Desk, webhook_id: str) -> tuple[Visit, int]:
    """Who sent a form that holds no more than its token, and for which webhook."""
    visit = await desk.visit_to(request, "webhooks")
    await desk.form(request, visit.token)
    return visit, number_of(webhook_id, "webhook_id")


async def _switch(request: WebRequest, desk: Desk, webhook_id: str, *, on: bool) -> Response[Any]:
    visit, endpoint_id = await _form_of(request, desk, webhook_id)
    await desk.deps.webhooks.switch(
        desk.workspace_id, endpoint_id, on=on, actor=actor_of(visit.viewer.user_id)
    )
    return desk.go(f"/webhooks/{endpoint_id}?done=switched")


async def _switched(desk: Desk, endpoint_id: int) -> Notice:
    """How the switch stands now, and the way back."""
    endpoint = await desk.deps.webhooks.get(desk.workspace_id, endpoint_id)
    if endpoint.disabled_at is None:
        text, back = _("The webhook is on. What waited is sent now."), "off"
    else:
        text, back = _("The webhook is off. What becomes true from now on is not told."), "on"
    return Notice(text, Undo(f"/webhooks/{endpoint_id}/{back}"))


def _log(desk: Desk) -> Deliveries:
    return Deliveries(desk.deps.db, desk.deps.vault, audit=write_line_async)


async def _page(
    request: WebRequest, desk: Desk, visit: Visit, endpoint_id: int, **context: Any
) -> Response[Any]:
    endpoint = await desk.deps.webhooks.get(desk.workspace_id, endpoint_id)
    params = request.query_params
    asked_state, asked_type = params.get("state"), params.get("type")
    state = cast(State, asked_state) if asked_state in get_args(State) else None
    type_ = asked_type if asked_type in MESSAGES else None
    mark = unpack_place(params.get("page"), 1)
    before = number_of(mark[0], "delivery_id") if mark else None
    found = await _log(desk).page(endpoint_id, limit=ROWS + 1, before=before, state=state, type_=type_)
    shown = found[:ROWS]
    context = {
        "endpoint": endpoint,
        "deliveries": shown,
        "older": pack_place(shown[-1].delivery_id) if len(found) > ROWS else None,
        "state": state,
        "type": type_,
        "types": [(one, one) for one in MESSAGES],
        "paged": mark is not None,
        "done": None,
        "secret": None,
        "tested": None,
        "fault": None,
        "overlap_hours": OVERLAP_HOURS,
        "answer_text": service.answer_text,
        "error_words": service.error_words,
        **context,
    }
    return await desk.page(request, visit, "pages/webhook.html", "webhooks", **context)


async def _delivery(
    request: WebRequest, desk: Desk, visit: Visit, endpoint_id: int, delivery_id: int, *, done: str = ""
) -> Response[Any]:
    endpoint = await desk.deps.webhooks.get(desk.workspace_id, endpoint_id)
    found = await _log(desk).open(endpoint_id, delivery_id)
    context = {
        "endpoint": endpoint,
        "found": found,
        "body": msgspec.json.decode(found.body),
        "done": done,
        "answer_text": service.answer_text,
        "error_words": service.error_words,
    }
    return await desk.page(request, visit, "pages/webhook_delivery.html", "webhooks", **context)
