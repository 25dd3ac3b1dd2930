"""Errors with a stable code, an HTTP status and a word on retrying."""

from __future__ import annotations

from typing import Any


class RegularsError(Exception):
    """Base of every error we raise on purpose.

    `code` is stable for programs, the message is one plain sentence with what to do, `field` names the
    offending input, `retry` says whether the same call may succeed later, `retry_after_seconds` when.
    What differs from case to case stands in the message as `%(name)s` and comes as a value of that name, so that
    pages can say it in another language.
    """

    code = "internal"
    status = 500
    retry = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        retry_after_seconds: int | None = None,
        **values: Any,
    ) -> None:
        self.template, self.values = message, values
        self.message = message % values if values else message
        super().__init__(self.message)
        if code is not None:
            self.code = code
        self.field = field
        self.retry_after_seconds = retry_after_seconds

    def body(self) -> dict[str, str]:
        """The public JSON error: `code`, `message` and, where one is to blame, `field`."""
        out = {"code": self.code, "message": self.message}
        if self.field is not None:
            out["field"] = self.field
        return out


class InvalidInput(RegularsError):
    """The request is wrong and will stay wrong."""

    code = "invalid_input"
    status = 400


class Unauthenticated(RegularsError):
    """No valid key, session or signature."""

    code = "unauthenticated"
    status = 401


class Forbidden(RegularsError):
    """Known caller, but not allowed to do this."""

    code = "forbidden"
    status = 403


class NotFound(RegularsError):
    """Nothing by that name in this workspace."""

    code = "not_found"
    status = 404


class Conflict(RegularsError):
    """The state does not allow it."""

    code = "conflict"
    status = 409


class TooLarge(RegularsError):
    """The request is over a stated limit."""

    code = "too_large"
    status = 413


class Unprocessable(RegularsError):
    """Understood, but contradicts something said before."""

    code = "unprocessable"
    status = 422


class TryLater(RegularsError):
    """An outage or a limit: the same request may succeed later."""

    code = "try_later"
    status = 503
    retry = True


class TooManyRequests(TryLater):
    """The caller is over its rate; `retry_after_seconds` says when to come back."""

    code = "too_many_requests"
    status = 429


# The four errors of the vendor edge (style.md section 5).
class BadPayload(InvalidInput):
    """A vendor's message we cannot read."""

    code = "bad_payload"


class BadCredentials(Unauthenticated):
    """A signature or credential that does not verify."""

    code = "bad_credentials"


class VendorBusy(TryLater):
    """The vendor asks us to come back later."""

    code = "vendor_busy"


class VendorRefused(RegularsError):
    """The vendor understood and said no; asking again will not help."""

    code = "vendor_refused"
    status = 502
