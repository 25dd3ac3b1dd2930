"""Webhooks: whom we tell what becomes true. Adding, changing and deleting one; its secret is shown when it is made."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import told
from regulars.console.services import webhooks as service
from regulars.console.services.webhooks import WebhookForm, number_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.store.webhooks import ENDPOINTS_MAX
from regulars.vocabulary.errors import Conflict, InvalidInput
from regulars.vocabulary.webhooks import MESSAGES


@get("/webhooks", include_in_schema=False)
async def webhook_list(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """All webhooks and how they do."""
    return await _list(request, desk, await desk.visit_to(request, "webhooks"))


@get("/webhooks/new", include_in_schema=False)
async def new_form(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The form that adds one."""
    return await _form(request, desk, await desk.visit_to(request, "webhooks"), WebhookForm())


@post("/webhooks", include_in_schema=False)
async def add(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Add a webhook and show its secret once; a form that cannot be used comes back with its faults."""
    visit = await desk.visit_to(request, "webhooks")
    form = service.read_form(await desk.form(request, visit.token))
    try:
        made, secret = await desk.deps.webhooks.create(
            desk.workspace_id, form.wish(), actor=actor_of(visit.viewer.user_id)
        )
    except (InvalidInput, Conflict) as error:
        form.faults[error.field or "url"] = told(error)
        return await _form(request, desk, visit, form, status=error.status)
    return await _list(request, desk, visit, secret=secret, secret_of=made)


@get("/webhooks/{webhook_id:str}/edit", include_in_schema=False)
async def edit_form(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """The form that changes one."""
    visit = await desk.visit_to(request, "webhooks")
    found = await desk.deps.webhooks.get(desk.workspace_id, number_of(webhook_id, "webhook_id"))
    form = WebhookForm(found.url, found.description, found.types)
    return await _form(request, desk, visit, form, endpoint_id=found.endpoint_id)


@post("/webhooks/{webhook_id:str}/edit", include_in_schema=False)
async def change(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Change address, messages and description."""
    visit = await desk.visit_to(request, "webhooks")
    form = service.read_form(await desk.form(request, visit.token))
    endpoint_id = number_of(webhook_id, "webhook_id")
    try:
        await desk.deps.webhooks.change(
            desk.workspace_id, endpoint_id, form.wish(), actor=actor_of(visit.viewer.user_id)
        )
    except InvalidInput as error:
        form.faults[error.field or "url"] = told(error)
        return await _form(request, desk, visit, form, endpoint_id=endpoint_id, status=error.status)
    return desk.go(f"/webhooks/{endpoint_id}?done=changed")


@get("/webhooks/{webhook_id:str}/delete", include_in_schema=False)
async def delete_form(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Ask whether a webhook is to go."""
    visit = await desk.visit_to(request, "webhooks")
    found = await desk.deps.webhooks.get(desk.workspace_id, number_of(webhook_id, "webhook_id"))
    return await desk.page(request, visit, "pages/webhook_delete.html", "webhooks", endpoint=found)


@post("/webhooks/{webhook_id:str}/delete", include_in_schema=False)
async def delete(request: WebRequest, desk: AtDesk, webhook_id: FromPath[str]) -> Response[Any]:
    """Take a webhook away."""
    visit = await desk.visit_to(request, "webhooks")
    await desk.form(request, visit.token)
    await desk.deps.webhooks.delete(
        desk.workspace_id, number_of(webhook_id, "webhook_id"), actor=actor_of(visit.viewer.user_id)
    )
    return desk.go("/webhooks?done=deleted")


HANDLERS = (webhook_list, new_form, add, edit_form, change, delete_form, delete)


async def _list(request: WebRequest, desk: Desk, visit: Visit, **made: Any) -> Response[Any]:
    context = {
        "endpoints": await desk.deps.webhooks.endpoints(desk.workspace_id),
        "most": ENDPOINTS_MAX,
        "deleted": request.query_params.get("done") == "deleted",
        "secret": None,
        **made,
    }
    if made:
        # A reload asks for the list, not for another webhook.
        context["headers"] = {"HX-Push-Url": "/webhooks"}
    return await desk.page(request, visit, "pages/webhooks.html", "webhooks", **context)


async def _form(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    form: WebhookForm,
    *,
    endpoint_id: int | None = None,
    status: int = 200,
) -> Response[Any]:
    context = {
        "form": form,
        "endpoint_id": endpoint_id,
        "types": [(type_, service.type_words(type_)) for type_ in MESSAGES],
        "prefix": service.TYPE_FIELD,
    }
    return await desk.page(request, visit, "pages/webhook_form.html", "webhooks", status=status, **context)
