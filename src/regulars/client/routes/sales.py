# Written by `make docs` from the OpenAPI document. Do not edit.
"""till: what `client.sales` does."""

from __future__ import annotations

from ..connection import Group
from ..models.sales import Claim, Confirm, Queue, QueueAnswer, SaleAnswer, Void


class SalesRoutes(Group):
    """till."""

    def batch(self, body: Queue, *, idempotency_key: str | None = None) -> QueueAnswer:
        """Confirm sales made offline.

        Confirm the sales of a queue one after another. One that is refused does not keep the next from
        being taken.

        Each is confirmed once by its own receipt, whatever the Idempotency-Key of the call: after a
        time-out, or a 503, send the whole queue again.

        Scope till.

        Route: POST /v1/sales:batch.
        """
        return self._once("POST", "/v1/sales:batch", QueueAnswer, body=body, idempotency_key=idempotency_key)

    def claim(self, sale_id: str, body: Claim, *, idempotency_key: str | None = None) -> SaleAnswer:
        """Claim a sale for a member.

        Count a sale for a member who had no card with them. It earns by the rules of its time.

        409 `sale_of_member` where it counts for another member, `claim_too_late` where it was made
        longer before they joined than the programme lets count.

        Scope till.

        Route: POST /v1/sales/{sale_id}/claim.
        """
        return self._once(
            "POST",
            "/v1/sales/{sale_id}/claim",
            SaleAnswer,
            (sale_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def confirm(self, body: Confirm, *, idempotency_key: str | None = None) -> SaleAnswer:
        """Confirm a sale.

        Tell of a sale and spend its holds. The answer has what it earned and what its member has now.

        A receipt (till system, store, till, business day, number) of one `version` is confirmed once,
        whatever the Idempotency-Key: sent again it is told again, with `replayed`. Where the answer did
        not come, send the same again.

        Scope till.

        Route: POST /v1/sales.
        """
        return self._once("POST", "/v1/sales", SaleAnswer, body=body, idempotency_key=idempotency_key)

    def receipt(self, sale_id: str, *, format: str | None = None, language: str | None = None) -> str:
        """Receipt of a sale.

        What was bought and what it did to the member's points, with the part of the sale that earned
        them.

        `text` has 42 columns, `html` is a page of 72 mm without scripts, `escpos` goes to a receipt
        printer as it is. The card is masked, without pii:read a contact in what an article is called as
        well. Points before the sale are left out once anything moved them since.

        Scope till.

        `format`: text (the usual), html or escpos. `language`: Such as en; the workspace's when absent.

        Route: GET /v1/sales/{sale_id}/receipt.
        """
        return self._call(
            "GET",
            "/v1/sales/{sale_id}/receipt",
            str,
            (sale_id,),
            query={"format": format, "language": language},
        )

    def void(self, sale_id: str, body: Void, *, idempotency_key: str | None = None) -> SaleAnswer:
        """Void a sale.

        Take a sale back on its business day: what it earned goes, what it spent comes back. Later, take
        a return.

        Scope till.

        Route: POST /v1/sales/{sale_id}/void.
        """
        return self._once(
            "POST",
            "/v1/sales/{sale_id}/void",
            SaleAnswer,
            (sale_id,),
            body=body,
            idempotency_key=idempotency_key,
        )
