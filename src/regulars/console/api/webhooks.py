"""Webhooks: whom we tell what becomes true, and what became of the messages. Secrets are shown when made, never again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.console.services.webhooks import answer_text, number_of
from regulars.store.audit import write_line_async
from regulars.store.deliveries import Deliveries, State
from regulars.store.deliveries import Delivery as Kept
from regulars.store.webhooks import DESCRIPTION_CHARACTERS_MAX, URL_CHARACTERS_MAX, Endpoint, Wish
from regulars.vocabulary.events import Aware
from regulars.vocabulary.webhooks import MESSAGES, Answer

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor

_Url = Annotated[str, Meta(min_length=1, max_length=URL_CHARACTERS_MAX, description="Begins with https://.")]
_Types = Annotated[
    list[Annotated[str, Meta(max_length=80)]],
    Meta(min_length=1, max_length=len(MESSAGES), description=f"Of {', '.join(MESSAGES)}."),
]
_STATES: Final[dict[str, State]] = {"waiting": "pending", "delivered": "done", "failed": "dead"}
_WORDS: Final = {state: word for word, state in _STATES.items()}
StateWord = Literal["waiting", "delivered", "failed"]
AskedState = Annotated[
    StateWord | None, QueryParameter(name="state", description="Only those in this state.")
]
AskedType = Annotated[
    str | None, QueryParameter(name="type", max_length=80, description="Only messages of this type.")
]


class WebhookRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to tell what."""

    url: _Url
    types: _Types
    description: Annotated[str, Meta(max_length=DESCRIPTION_CHARACTERS_MAX)] = ""


class Webhook(Struct, frozen=True):
    """A webhook without its secret. `waiting` and `failed` are counted up to 1,000.

    `health`: `new` until a first message arrived, `well`, `failing` since its last success, `off` by a person, or after
    five days of failures (`disabled_why` is `failing`), or `gone`: it answered 410.
    """

    id: int
    url: str
    description: str
    types: list[str]
    health: Literal["off", "gone", "failing", "well", "new"]
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: Literal["person", "gone", "failing"] | None
    tried_at: datetime | None
    delivered_at: datetime | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    waiting: int
    failed: int


class MadeWebhook(Struct, frozen=True):
    """A webhook with a secret just made. Keep `secret`: it is not shown again."""

    webhook: Webhook
    secret: str


class WebhookList(Struct, frozen=True):
    """All webhooks, 20 at most."""

    data: list[Webhook]


class DeletedWebhook(Struct, frozen=True):
    """The webhook that was."""

    id: int


class Attempt(Struct, frozen=True):
    """One try. `status` is null when nothing was answered, and `error` says why; `answer` is its first 1 KB as text."""

    at: datetime
    took_ms: int
    status: int | None
    error: str | None
    answer: str


class Delivery(Struct, frozen=True):
    """A message on its way to a webhook. `next_at` is its next attempt, `status` what the last one was answered."""

    id: int
    message_id: Annotated[str, Meta(description="As in the header webhook-id, the same over all attempts.")]
    type: str
    state: StateWord
    attempts: Annotated[int, Meta(description="Since it was made, or last sent once more.")]
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    status: int | None
    error: str | None


class DeliveryPage(Struct, frozen=True):
    """One page of deliveries."""

    data: list[Delivery]
    next: str | None


class OpenedDelivery(Struct, frozen=True):
    """A delivery with what is sent and its attempts, the newest first, 100 at most."""

    delivery: Delivery
    body: Any
    attempts: list[Attempt]


class ResendRequest(Struct, forbid_unknown_fields=True):
    """Since when what failed is sent once more."""

    since: Aware


class Resent(Struct, frozen=True):
    """How many deliveries will be sent once more; 10,000 at most, the oldest, so repeat the call at that number."""

    deliveries: int


@get("/v1/webhooks", summary="List webhooks")
async def list_webhooks(visit: AtVisit) -> WebhookList:
    """All webhooks in the order they were added."""
    return WebhookList([_shown(one) for one in await visit.deps.webhooks.endpoints(visit.workspace_id)])


@post("/v1/webhooks", summary="Add a webhook")
async def add_webhook(visit: AtVisit, data: JSONBody[WebhookRequest]) -> MadeWebhook:
    """Have an address told what becomes true from now on. It must be on the public internet."""
    made, secret = await visit.deps.webhooks.create(visit.workspace_id, _wish(data), actor=visit.actor)
    return MadeWebhook(_shown(made), secret)


@get("/v1/webhooks/{webhook_id:str}", summary="Show a webhook")
async def show_webhook(visit: AtVisit, webhook_id: FromPath[str]) -> Webhook:
    """One webhook and how it does."""
    return _shown(await visit.deps.webhooks.get(visit.workspace_id, number_of(webhook_id, "webhook_id")))


@put("/v1/webhooks/{webhook_id:str}", summary="Change a webhook")
async def put_webhook(visit: AtVisit, webhook_id: FromPath[str], data: JSONBody[WebhookRequest]) -> Webhook:
    """Replace address, types and description; the secret stays. What waits goes to the new address."""
    wanted = number_of(webhook_id, "webhook_id")
    return _shown(
        await visit.deps.webhooks.change(visit.workspace_id, wanted, _wish(data), actor=visit.actor)
    )


@post("/v1/webhooks/{webhook_id:str}/disable", summary="Switch a webhook off", status_code=200)
async def disable_webhook(visit: AtVisit, webhook_id: FromPath[str]) -> Webhook:
    """Tell it nothing more. What waits is kept for 30 days; what becomes true meanwhile is not told later."""
    return await _switch(visit, webhook_id, on=False)


@post("/v1/webhooks/{webhook_id:str}/enable", summary="Switch a webhook on", status_code=200)
async def enable_webhook(visit: AtVisit, webhook_id: FromPath[str]) -> Webhook:
    """Tell it again, beginning with what waits. A repeat changes nothing."""
    return await _switch(visit, webhook_id, on=True)


@post("/v1/webhooks/{webhook_id:str}/rotate", summary="Rotate a secret")
async def rotate_webhook(visit: AtVisit, webhook_id: FromPath[str]) -> MadeWebhook:
    """Make a new secret. For 24 hours messages are signed with both."""
    wanted = number_of(webhook_id, "webhook_id")
    made, secret = await visit.deps.webhooks.rotate(visit.workspace_id, wanted, actor=visit.actor)
    return MadeWebhook(_shown(made), secret)


@post("/v1/webhooks/{webhook_id:str}/test", summary="Send a test message", status_code=200)
async def test_webhook(visit: AtVisit, webhook_id: FromPath[str]) -> Attempt:
    """Send a message of the type webhook.test now and tell how it went; it takes 15 seconds at most."""
    wanted = number_of(webhook_id, "webhook_id")
    return _attempt(await visit.deps.webhooks.test(visit.workspace_id, wanted, actor=visit.actor))


@post("/v1/webhooks/{webhook_id:str}/delete", summary="Delete a webhook", status_code=200)
async def delete_webhook(visit: AtVisit, webhook_id: FromPath[str]) -> DeletedWebhook:
    """Take it away with its secret. What waits for it is not sent."""
    wanted = number_of(webhook_id, "webhook_id")
    await visit.deps.webhooks.delete(visit.workspace_id, wanted, actor=visit.actor)
    return DeletedWebhook(wanted)


@get("/v1/webhooks/{webhook_id:str}/deliveries", summary="List deliveries")
async def list_deliveries(
    visit: AtVisit,
    webhook_id: FromPath[str],
    limit: Limit = ROWS,
    cursor: Cursor = None,
    standing: AskedState = None,
    type_: AskedType = None,
) -> DeliveryPage:
    """What the webhook was told in the last 30 days, the newest first."""
    wanted = await _existing(visit, webhook_id)
    place = read_cursor(cursor, tuple[Annotated[int, Meta(ge=0, le=2**63 - 1)]])
    asked = _STATES[standing] if standing is not None else None
    before = place[0] if place else None
    found = await _log(visit).page(wanted, limit=limit + 1, before=before, state=asked, type_=type_)
    kept, more = cut(found, limit, lambda one: (one.delivery_id,))
    return DeliveryPage([_delivery(one) for one in kept], more)


@get("/v1/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}", summary="Show a delivery")
async def show_delivery(
    visit: AtVisit, webhook_id: FromPath[str], delivery_id: FromPath[str]
) -> OpenedDelivery:
    """A delivery with what is sent and how each attempt went."""
    return await _opened(visit, number_of(webhook_id, "webhook_id"), number_of(delivery_id, "delivery_id"))


@post(
    "/v1/webhooks/{webhook_id:str}/deliveries/{delivery_id:str}/resend",
    summary="Send a delivery once more",
    status_code=200,
)
async def resend_delivery(
    visit: AtVisit, webhook_id: FromPath[str], delivery_id: FromPath[str]
) -> OpenedDelivery:
    """Send one that arrived or failed once more, under the same message id."""
    endpoint_id, wanted = number_of(webhook_id, "webhook_id"), number_of(delivery_id, "delivery_id")
    await _log(visit).resend(endpoint_id, wanted, actor=visit.actor)
    return await _opened(visit, endpoint_id, wanted)


@post(
    "/v1/webhooks/{webhook_id:str}/deliveries:resend",
    summary="Send failed deliveries once more",
    status_code=200,
)
async def resend_failed(visit: AtVisit, webhook_id: FromPath[str], data: JSONBody[ResendRequest]) -> Resent:
    """Send all that failed and became true since a time once more."""
    wanted = await _existing(visit, webhook_id)
    return Resent(await _log(visit).resend_failed(wanted, data.since, actor=visit.actor))


async def _opened(visit: Visit, endpoint_id: int, delivery_id: int) -> OpenedDelivery:
    found = await _log(visit).open(endpoint_id, delivery_id)
    attempts = [_attempt(one) for one in found.attempts]
    return OpenedDelivery(_delivery(found.delivery), msgspec.json.decode(found.body), attempts)


async def _switch(visit: Visit, webhook_id: str, *, on: bool) -> Webhook:
    wanted = number_of(webhook_id, "webhook_id")
    return _shown(await visit.deps.webhooks.switch(visit.workspace_id, wanted, on=on, actor=visit.actor))


async def _existing(visit: Visit, webhook_id: str) -> int:
    found = await visit.deps.webhooks.get(visit.workspace_id, number_of(webhook_id, "webhook_id"))
    return found.endpoint_id


def _log(visit: Visit) -> Deliveries:
    return Deliveries(visit.api.database, visit.vault, audit=write_line_async)


def _wish(data: WebhookRequest) -> Wish:
    return Wish(data.url, data.types, data.description)


def _shown(one: Endpoint) -> Webhook:
    values = {name: getattr(one, name) for name in Endpoint.__struct_fields__ if name != "endpoint_id"}
    return Webhook(id=one.endpoint_id, health=one.health, **values)


def _attempt(one: Answer) -> Attempt:
    return Attempt(one.at, one.took_ms, one.status, one.error, answer_text(one.body))


def _delivery(one: Kept) -> Delivery:
    return Delivery(
        id=one.delivery_id,
        message_id=one.message_id,
        type=one.type,
        state=_WORDS[one.state],  # type: ignore[arg-type]
        attempts=one.attempts,
        created_at=one.created_at,
        next_at=one.due_at if one.state == "pending" else None,
        ended_at=one.done_at,
        status=one.status,
        error=one.error,
    )
