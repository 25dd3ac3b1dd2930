"""Every error of the API in its one form: `{"code", "message", "field"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Struct

from regulars.observe import get_logger
from regulars.vocabulary.errors import RegularsError

_log = get_logger("console")
_CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: (
        "invalid_input",
        "The request cannot be read. A body must be valid JSON of the form described in /docs.",
    ),
    404: ("not_found", "Nothing is at this address. /docs lists what there is."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request is over the limit of what this address takes."),
}


class Problem(Struct, omit_defaults=True):
    """Every error: a stable code, a sentence that says what to do and, where one is to blame, the field."""

    code: str
    message: str
    field: str | None = None


def error(request: Request[Any, Any, Any], raised: Exception) -> Response[Any]:
    """The answer to any exception; faults of ours are logged and told without a word of what they are."""
    status, problem, headers = _reading(raised)
    if status >= 500 and not (isinstance(raised, RegularsError) and raised.retry):
        route = str(request.scope.get("path_template") or "other")
        _log.error("request failed", route=route, exc_info=raised)
    return Response(
        msgspec.json.encode(problem), status_code=status, headers=headers, media_type=MediaType.JSON
    )


def _reading(raised: Exception) -> tuple[int, Problem, dict[str, str]]:
    if isinstance(raised, RegularsError):
        return _own(raised)
    if isinstance(raised, ValidationException):
        return 400, _invalid(raised), {}
    if isinstance(raised, HTTPException) and raised.status_code < 500:
        code, message = _CODES.get(raised.status_code, ("invalid_input", "The request cannot be taken."))
        allowed = (raised.headers or {}).get("allow")
        return raised.status_code, Problem(code, message), {"allow": allowed} if allowed else {}
    return (
        500,
        Problem("internal", "Something failed on our side. Try again; if it stays, tell the operator."),
        {},
    )


def _own(raised: RegularsError) -> tuple[int, Problem, dict[str, str]]:
    headers = {}
    if raised.retry_after_seconds is not None:
        headers["retry-after"] = str(raised.retry_after_seconds)
    if raised.status == 401:
        headers["www-authenticate"] = "Bearer"
    if raised.status >= 500 and not raised.retry:
        return (
            raised.status,
            Problem(raised.code, "Something failed on our side. The log says what."),
            headers,
        )
    return raised.status, Problem(raised.code, raised.message, raised.field), headers


def _invalid(raised: ValidationException) -> Problem:
    """What the decoder found, with the field where it says one."""
    found = raised.extra[0] if isinstance(raised.extra, list) and raised.extra else {}
    message = str(found.get("message") or "The request does not have the form described in /docs.")
    key = found.get("key")
    return Problem("invalid_input", message[:300], str(key) if key else None)
