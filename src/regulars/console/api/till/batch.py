"""The queue of a till that was without the network: many sales in one call, each taken or refused by itself."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from regulars.console.api.deps import AtVisit, Visit
from regulars.console.api.errors import Problem
from regulars.vocabulary.errors import RegularsError

from .after import SaleAnswer
from .sales import Confirm, confirm

SALES_MAX: Final = 100
_PATH: Final = re.compile(r" - at `\$\.?(.*)`$")


class Queue(Struct, forbid_unknown_fields=True):
    """Up to 100 sales, each as `POST /v1/sales` takes it, in the order they were made."""

    sales: Annotated[list[dict[str, Any]], Meta(max_length=SALES_MAX)]


class QueuedSale(Struct, frozen=True):
    """What became of one sale of the queue: the answer, or the error, that a call of its own would have had."""

    status: Literal["confirmed", "refused"]
    sale: SaleAnswer | None
    error: Problem | None


class QueueAnswer(Struct, frozen=True):
    """One result for each sale, in order."""

    results: list[QueuedSale]


@post("/v1/sales:batch", summary="Confirm sales made offline", status_code=200)
async def confirm_queue(visit: AtVisit, data: JSONBody[Queue]) -> QueueAnswer:
    """Confirm the sales of a queue one after another. One that is refused does not keep the next from being taken.

    Each is confirmed once by its own receipt, whatever the Idempotency-Key of the call: after a time-out, or a 503, send
    the whole queue again.
    """
    return QueueAnswer([await _one(visit, one) for one in data.sales])


async def _one(visit: Visit, told: dict[str, Any]) -> QueuedSale:
    """One sale of the queue. Raises TryLater, since then the rest would fare no better."""
    try:
        sale = msgspec.convert(told, Confirm)
    except msgspec.ValidationError as error:
        return QueuedSale("refused", None, _invalid(str(error)))
    try:
        return QueuedSale("confirmed", await confirm(visit, sale), None)
    except RegularsError as error:
        if error.status >= 500:
            raise
        return QueuedSale("refused", None, Problem(error.code, error.message, error.field))


def _invalid(message: str) -> Problem:
    found = _PATH.search(message)
    return Problem("invalid_input", _PATH.sub("", message)[:300], (found[1] if found else "") or None)
