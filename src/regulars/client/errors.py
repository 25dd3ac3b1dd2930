"""What can go wrong with a call, as exceptions: the server's own errors by status, and what kept it from answering.

ClientError
├── Unreachable         no answer came
├── UnexpectedAnswer    an answer came that is not one of this API
└── ApiError            the server said no: code, message, field
    ├── InvalidInput 400, Unauthenticated 401, Forbidden 403, NotFound 404, Conflict 409, TooLarge 413,
    │   Unprocessable 422
    └── TryLater 502, 503, 504 ── TooManyRequests 429
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class ClientError(Exception):
    """Base of every error a call raises."""


class Unreachable(ClientError):
    """No answer came: no connection, or it broke, or the time was up. The call may have been carried out."""


class UnexpectedAnswer(ClientError):
    """The answer is none of this API: perhaps another program, or a proxy's page, is at this address."""


class ApiError(ClientError):
    """The server said no.

    Go by `code`, which is stable; `message` is for people and may change. `field` names the input to blame.
    `request_id` is what a proxy in between calls this request, where it says so. `retry_after_seconds`: when the
    server asks to come back.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" + (f" (field {field})" if field else ""))
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class InvalidInput(ApiError):
    """The request is wrong and will stay wrong."""


class Unauthenticated(ApiError):
    """The key is missing, unknown, expired or revoked."""


class Forbidden(ApiError):
    """The key lacks the scope, or its source is switched off."""


class NotFound(ApiError):
    """Nothing by that id or name in this workspace."""


class Conflict(ApiError):
    """What is there does not allow it."""


class TooLarge(ApiError):
    """The request is over a stated limit."""


class Unprocessable(ApiError):
    """Understood, but contradicts something said before; or the Idempotency-Key was used for another request."""


class TryLater(ApiError):
    """An outage: the same call may succeed later."""


class TooManyRequests(TryLater):
    """Too many calls: the same call may succeed later."""


BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: InvalidInput,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Unprocessable,
    429: TooManyRequests,
    502: TryLater,
    503: TryLater,
    504: TryLater,
}
