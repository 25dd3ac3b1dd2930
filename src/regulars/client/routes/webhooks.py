# Written by `make docs` from the OpenAPI document. Do not edit.
"""Webhooks: what `client.webhooks` does."""

from __future__ import annotations

from typing import Literal

from ..connection import Group
from ..listing import Listing, Page
from ..models.webhooks import (
    Attempt,
    DeletedWebhook,
    Delivery,
    MadeWebhook,
    OpenedDelivery,
    ResendRequest,
    Resent,
    Webhook,
    WebhookList,
    WebhookRequest,
)


class WebhooksRoutes(Group):
    """Webhooks."""

    def add(self, body: WebhookRequest, *, idempotency_key: str | None = None) -> MadeWebhook:
        """Add a webhook.

        Have an address told what becomes true from now on. It must be on the public internet.

        Scope admin.

        Route: POST /v1/webhooks.
        """
        return self._once("POST", "/v1/webhooks", MadeWebhook, body=body, idempotency_key=idempotency_key)

    def delete(self, webhook_id: str, *, idempotency_key: str | None = None) -> DeletedWebhook:
        """Delete a webhook.

        Take it away with its secret. What waits for it is not sent.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/delete.
        """
        return self._once(
            "POST",
            "/v1/webhooks/{webhook_id}/delete",
            DeletedWebhook,
            (webhook_id,),
            idempotency_key=idempotency_key,
        )

    def deliveries(self, webhook_id: str, delivery_id: str) -> OpenedDelivery:
        """Show a delivery.

        A delivery with what is sent and how each attempt went.

        Scope admin.

        Route: GET /v1/webhooks/{webhook_id}/deliveries/{delivery_id}.
        """
        return self._call(
            "GET",
            "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}",
            OpenedDelivery,
            (
                webhook_id,
                delivery_id,
            ),
        )

    def deliveries_many(
        self,
        webhook_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: Literal["waiting", "delivered", "failed"] | None = None,
        type: str | None = None,
    ) -> Listing[Delivery]:
        """List deliveries.

        What the webhook was told in the last 30 days, the newest first.

        Scope admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.
        `state`: Only those in this state. `type`: Only messages of this type.

        Route: GET /v1/webhooks/{webhook_id}/deliveries.
        """
        return self._pages(
            "GET",
            "/v1/webhooks/{webhook_id}/deliveries",
            Page[Delivery],
            (webhook_id,),
            query={"limit": limit, "state": state, "type": type},
            cursor=cursor,
        )

    def deliveries_resend_many(
        self, webhook_id: str, body: ResendRequest, *, idempotency_key: str | None = None
    ) -> Resent:
        """Send failed deliveries once more.

        Send all that failed and became true since a time once more.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/deliveries:resend.
        """
        return self._once(
            "POST",
            "/v1/webhooks/{webhook_id}/deliveries:resend",
            Resent,
            (webhook_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def disable(self, webhook_id: str, *, idempotency_key: str | None = None) -> Webhook:
        """Switch a webhook off.

        Tell it nothing more. What waits is kept for 30 days; what becomes true meanwhile is not told
        later.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/disable.
        """
        return self._once(
            "POST",
            "/v1/webhooks/{webhook_id}/disable",
            Webhook,
            (webhook_id,),
            idempotency_key=idempotency_key,
        )

    def enable(self, webhook_id: str, *, idempotency_key: str | None = None) -> Webhook:
        """Switch a webhook on.

        Tell it again, beginning with what waits. A repeat changes nothing.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/enable.
        """
        return self._once(
            "POST",
            "/v1/webhooks/{webhook_id}/enable",
            Webhook,
            (webhook_id,),
            idempotency_key=idempotency_key,
        )

    def list(self) -> WebhookList:
        """List webhooks.

        All webhooks in the order they were added.

        Scope admin.

        Route: GET /v1/webhooks.
        """
        return self._call("GET", "/v1/webhooks", WebhookList)

    def put(self, webhook_id: str, body: WebhookRequest) -> Webhook:
        """Change a webhook.

        Replace address, types and description; the secret stays. What waits goes to the new address.

        Scope admin.

        Route: PUT /v1/webhooks/{webhook_id}.
        """
        return self._call("PUT", "/v1/webhooks/{webhook_id}", Webhook, (webhook_id,), body=body)

    def resend_deliveries_resend(
        self, webhook_id: str, delivery_id: str, *, idempotency_key: str | None = None
    ) -> OpenedDelivery:
        """Send a delivery once more.

        Send one that arrived or failed once more, under the same message id.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend.
        """
        return self._once(
            "POST",
            "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend",
            OpenedDelivery,
            (
                webhook_id,
                delivery_id,
            ),
            idempotency_key=idempotency_key,
        )

    def rotate(self, webhook_id: str, *, idempotency_key: str | None = None) -> MadeWebhook:
        """Rotate a secret.

        Make a new secret. For 24 hours messages are signed with both.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/rotate.
        """
        return self._once(
            "POST",
            "/v1/webhooks/{webhook_id}/rotate",
            MadeWebhook,
            (webhook_id,),
            idempotency_key=idempotency_key,
        )

    def show(self, webhook_id: str) -> Webhook:
        """Show a webhook.

        One webhook and how it does.

        Scope admin.

        Route: GET /v1/webhooks/{webhook_id}.
        """
        return self._call("GET", "/v1/webhooks/{webhook_id}", Webhook, (webhook_id,))

    def test(self, webhook_id: str, *, idempotency_key: str | None = None) -> Attempt:
        """Send a test message.

        Send a message of the type webhook.test now and tell how it went; it takes 15 seconds at most.

        Scope admin.

        Route: POST /v1/webhooks/{webhook_id}/test.
        """
        return self._once(
            "POST", "/v1/webhooks/{webhook_id}/test", Attempt, (webhook_id,), idempotency_key=idempotency_key
        )
