"""Square's webhooks: what its tills set off, in the order and with the gaps of the real thing.

An order's webhooks are thin (id, version, state); payments, refunds and customers come whole. A sale paid by card
gives order.created (OPEN), payment.created (APPROVED), payment.updated and order.updated (COMPLETED). A return makes
an order of its own, which `refund.order_id` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from .deliveries import Delivery, Endpoint, sign
from .retail import (
    AccountSaved,
    Edited,
    Happening,
    Hired,
    Opened,
    Published,
    Return,
    Returned,
    Sale,
    Sold,
    Voided,
)
from .square_objects import CAPTURE_MS, RING_UP_MS, SquareObjects
from .square_register import EPOCH_TEXT, iso
from .world import Branch

LATENCY_MS: Final = 250
USER_AGENT: Final = "Square Connect v2"

_encode = msgspec.json.Encoder().encode


class SquareDoor:
    """Turns happenings into deliveries to one endpoint. Event ids count up, so the order of calls matters."""

    def __init__(
        self, objects: SquareObjects, endpoint: Endpoint, event_uuid: Callable[[str, int], str]
    ) -> None:
        self._objects = objects
        self._endpoint = endpoint
        self._event_uuid = event_uuid
        self._events = 0

    def skip_to(self, number: int) -> None:
        """Go on numbering events from here."""
        self._events = number

    def deliveries(self, happening: Happening) -> Iterator[Delivery]:
        """What Square sends; nothing for what happens elsewhere."""
        match happening:
            case Opened(branch=branch, at_ms=at_ms) if branch.system == "square":
                yield self._thin_location(branch, at_ms)
            case Published(at_ms=at_ms):
                yield self._catalogue(at_ms)
            case Hired(staff=staff, branch=branch, at_ms=at_ms) if branch.system == "square":
                member = self._objects.team_member(staff, branch)
                yield self._event("team_member.created", branch, at_ms, member["id"], "team_member", member)
            case AccountSaved(account=account) if account.system == "square":
                yield from self._account(happening)
            case Sold(sale=sale) if sale.branch.system == "square":
                yield from self._sold(sale)
            case Edited(sale=sale, at_ms=at_ms) if sale.branch.system == "square":
                yield self._payment(
                    "payment.created", sale, -1, "APPROVED" if sale.tender != "cash" else "COMPLETED"
                )
                if sale.tender != "cash":
                    yield self._payment("payment.updated", sale, -1, "COMPLETED")
                yield self._order_updated(sale, at_ms + CAPTURE_MS)
            case Voided(sale=sale, at_ms=at_ms) if sale.branch.system == "square":
                yield self._payment("payment.updated", sale, 0, "CANCELED")
                yield self._order_updated(sale, at_ms)
            case Returned(back=back) if back.branch.system == "square":
                yield from self._returned(back)
            case _:
                pass

    def _catalogue(self, at_ms: int) -> Delivery:
        """That the catalogue changed, and when; not how."""
        home = self._objects.home()
        return self._event(
            "catalog.version.updated",
            home,
            at_ms,
            self._event_uuid("catalog-version", 0),
            "catalog_version",
            {"updated_at": EPOCH_TEXT},
        )

    def _account(self, saved: AccountSaved) -> Iterator[Delivery]:
        account, at_ms = saved.account, saved.at_ms
        branch = self._objects.home_of(account.person)
        topic = "customer.created" if saved.created else "customer.updated"
        yield self._event(topic, branch, at_ms, account.id, "customer", self._objects.customer(account))
        if saved.enrolled:
            loyalty = self._objects.loyalty_account(account)
            yield self._event(
                "loyalty.account.created", branch, at_ms + 100, loyalty["id"], "loyalty_account", loyalty
            )

    def _sold(self, sale: Sale) -> Iterator[Delivery]:
        yield self._order_created(sale.branch, sale.number, sale.at_ms)
        for place in range(len(sale.payments)):
            if sale.tender == "cash":
                yield self._payment("payment.created", sale, place, "COMPLETED")
                continue
            yield self._payment("payment.created", sale, place, "APPROVED")
            if sale.state == "completed":
                yield self._payment("payment.updated", sale, place, "COMPLETED")
        if sale.state == "completed":
            yield self._order_updated(sale, sale.at_ms + CAPTURE_MS)

    def _returned(self, back: Return) -> Iterator[Delivery]:
        """The return's order and the refund; with a receipt, the payment it goes back to as well."""
        yield self._order_created(back.branch, back.number, back.at_ms)
        refund = self._objects.refund(back)
        yield self._event("refund.created", back.branch, back.at_ms + 400, refund["id"], "refund", refund)
        yield self._order_notice(back.branch, back.number, back.at_ms + 500, "COMPLETED", 2)
        if back.original is not None and back.original.payments:
            yield self._payment("payment.updated", back.original, 0, "COMPLETED", at_ms=back.at_ms + 450)

    def _payment(self, topic: str, sale: Sale, place: int, status: str, at_ms: int | None = None) -> Delivery:
        payment = sale.payments[place]
        body = self._objects.payment(sale, payment, status)
        told_ms = (
            at_ms if at_ms is not None else payment.at_ms + (CAPTURE_MS if topic == "payment.updated" else 0)
        )
        if status == "CANCELED":
            told_ms = sale.updated_ms
        return self._event(topic, sale.branch, told_ms, body["id"], "payment", body)

    def _order_created(self, branch: Branch, number: int, paid_ms: int) -> Delivery:
        """Told when the order is paid, although it was opened before: nothing is sent ahead of its happening."""
        created = iso(paid_ms - RING_UP_MS)
        order_id = self._objects.order_id(number)
        notice = {
            "order_id": order_id,
            "version": 1,
            "state": "OPEN",
            "location_id": self._objects.location_id(branch),
            "created_at": created,
        }
        return self._event("order.created", branch, paid_ms, order_id, "order_created", notice)

    def _order_updated(self, sale: Sale, at_ms: int) -> Delivery:
        state = "CANCELED" if sale.state == "voided" else "COMPLETED"
        return self._order_notice(
            sale.branch, sale.number, at_ms, state, self._objects.version(sale), sale.at_ms
        )

    def _order_notice(
        self, branch: Branch, number: int, at_ms: int, state: str, version: int, paid_ms: int | None = None
    ) -> Delivery:
        order_id = self._objects.order_id(number)
        notice = {
            "order_id": order_id,
            "version": version,
            "state": state,
            "location_id": self._objects.location_id(branch),
            "created_at": iso((paid_ms or at_ms) - RING_UP_MS),
            "updated_at": iso(at_ms),
        }
        return self._event("order.updated", branch, at_ms, order_id, "order_updated", notice)

    def _thin_location(self, branch: Branch, at_ms: int) -> Delivery:
        """Locations are told by id alone, beside the data and not in it."""
        location_id = self._objects.location_id(branch)
        body = {"location_id": location_id, "data": {"type": "Location", "id": location_id}}
        return self._send("location.created", branch, at_ms, body)

    def _event(self, topic: str, branch: Branch, at_ms: int, id_: str, name: str, thing: Any) -> Delivery:
        return self._send(topic, branch, at_ms, {"data": {"type": name, "id": id_, "object": {name: thing}}})

    def _send(self, topic: str, branch: Branch, at_ms: int, rest: dict[str, Any]) -> Delivery:
        self._events += 1
        event_id = self._event_uuid("square-event", self._events)
        created = iso(at_ms)
        head = {
            "merchant_id": self._objects.merchant_id(branch),
            "type": topic,
            "event_id": event_id,
            "created_at": created,
        }
        body = _encode(head | rest)
        endpoint = self._endpoint
        return Delivery(
            system="square",
            source=endpoint.source,
            topic=topic,
            event_id=event_id,
            due_ms=at_ms + LATENCY_MS,
            url=endpoint.url,
            headers={
                "content-type": "application/json",
                "user-agent": USER_AGENT,
                "square-environment": "Production",
                "square-initial-delivery-timestamp": created,
                "x-square-hmacsha256-signature": sign(endpoint.secret, endpoint.url.encode() + body),
            },
            body=body,
        )
