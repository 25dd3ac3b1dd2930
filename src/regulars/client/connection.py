"""Carries calls to the server: the key, time limits, repeats, and errors as exceptions.

It speaks through httpx's transport rather than its client, whose log lines would hold whole addresses: e-mails a
customer is looked up by among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .errors import BY_STATUS, ApiError, ClientError, UnexpectedAnswer, Unreachable
from .listing import Listing, Page
from .retries import Retries, retry_after_seconds

T = TypeVar("T")
Query = Mapping[str, Any]

_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_BUSY: Final = frozenset({429, 502, 503, 504})
_PLACE: Final = re.compile(r"\{[^}]+\}")
_NOTHING_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_BROKEN: Final = (
    httpx.NetworkError,
    httpx.TimeoutException,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)


class _Problem(Struct):
    """The body of an error."""

    code: str
    message: str
    field: str | None = None


class Connection:
    """One server and one key. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_seconds: float,
        retries: Retries,
        transport: httpx.BaseTransport,
        sleep: Callable[[float], None],
    ) -> None:
        """Raises ValueError for an address or a key that cannot be one."""
        address = httpx.URL(base_url)
        if address.scheme not in ("http", "https") or not address.host:
            raise ValueError("base_url is an address such as https://regulars.example.")
        if not re.fullmatch("[!-~]+", key):
            raise ValueError("The key is empty or has characters that no key has.")
        self.base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": "regulars-client"}
        self._timeout = httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, 5.0)).as_dict()
        self._retries = retries
        self._transport = transport
        self._sleep = sleep

    def close(self) -> None:
        """Give up the connections. Repeated calls do nothing."""
        self._transport.close()

    def call(
        self,
        method: str,
        path: str,
        answer: type[T],
        at: Sequence[str] = (),
        *,
        query: Query | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeat: bool | None = None,
    ) -> T:
        """Make a call and read its answer as `answer`; str and bytes: as it came.

        `at` fills the places of `path`. A body of bytes goes as it is, anything else as JSON, None not at all.
        `repeat`: whether the call may be made twice; by default whether its method may. Only a call that never
        left is tried again where it may not. Raises ClientError.
        """
        may_repeat = method in _REPEATABLE if repeat is None else repeat
        url = self.base_url + _filled(path, at) + _query_string(query or {})
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        told = dict(self._headers, **(headers or {}))
        if content:
            told.setdefault("Content-Type", "application/json")
        route = f"{method} {path}"
        for attempt in count(1):
            request = httpx.Request(
                method, url, headers=told, content=content, extensions={"timeout": self._timeout}
            )
            try:
                response = self._transport.handle_request(request)
                response.read()
            except _BROKEN as error:
                again = may_repeat or isinstance(error, _NOTHING_SENT)
                failed: ClientError = Unreachable(f"{route}: no answer ({type(error).__name__}).")
                failed.__cause__ = error
            except httpx.DecodingError as error:
                raise UnexpectedAnswer(f"{route}: the answer cannot be unpacked.") from error
            else:
                if response.is_success:
                    return _read(response, answer, route)
                failed = _error_of(response, route)
                again = may_repeat and _is_passing(failed)
            asked = failed.retry_after_seconds if isinstance(failed, ApiError) else None
            wait = self._retries.wait_seconds(attempt, asked) if again else None
            if wait is None:
                raise failed
            self._sleep(wait)
        raise AssertionError("unreachable")

    def __repr__(self) -> str:
        return f"Connection({self.base_url!r})"


class Group:
    """Calls that belong together, over one connection; what the generated groups are made of."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._call = connection.call

    def _once(
        self,
        method: str,
        path: str,
        answer: type[T],
        at: Sequence[str] = (),
        *,
        idempotency_key: str | None,
        query: Query | None = None,
        body: Any = None,
    ) -> T:
        """A call that takes effect once however often it is sent: one key goes with all its repeats."""
        headers = {"Idempotency-Key": idempotency_key or uuid4().hex}
        return self._call(method, path, answer, at, query=query, body=body, headers=headers, repeat=True)

    def _pages(
        self,
        method: str,
        path: str,
        page: type[Page[T]],
        at: Sequence[str] = (),
        *,
        cursor: str | None,
        query: Query | None = None,
        body: Struct | None = None,
        repeat: bool | None = None,
    ) -> Listing[T]:
        """A list whose pages are asked for by their cursor: in the body where there is one, else in the query."""

        def fetch(place: str | None) -> Page[T]:
            if body is not None:
                asked = replace(body, cursor=place)
                return self._call(method, path, page, at, query=query, body=asked, repeat=repeat)
            return self._call(method, path, page, at, query={**(query or {}), "cursor": place}, repeat=repeat)

        return Listing(fetch, cursor)


def _filled(path: str, at: Sequence[str]) -> str:
    """The path with its places filled. Raises ValueError for what would be another path."""
    values = iter(at)

    def fill(_: re.Match[str]) -> str:
        value = next(values)
        if value in ("", ".", ".."):
            raise ValueError(f"{value!r} cannot stand in {path}.")
        return quote(value, safe="")

    return _PLACE.sub(fill, path)


def _query_string(query: Query) -> str:
    pairs = [
        (name, _text(item))
        for name, value in query.items()
        if value is not None
        for item in ([value] if isinstance(value, str) or not isinstance(value, Sequence) else value)
    ]
    return f"?{urlencode(pairs)}" if pairs else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(response: httpx.Response, answer: type[T], route: str) -> T:
    if answer is type(None):
        return None
    if answer is str:
        return response.text  # type: ignore[return-value]
    if answer is bytes:
        return response.content  # type: ignore[return-value]
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(
            f"{route}: the answer has not the form this client knows ({error})."
        ) from error


def _error_of(response: httpx.Response, route: str) -> ApiError | UnexpectedAnswer:
    status = response.status_code
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        if status < 400:
            return UnexpectedAnswer(f"{route}: an answer {status}, which leads elsewhere. Is base_url right?")
        problem = _Problem(f"http_{status}", f"{route} was answered {status}, and not by Regulars.")
    return BY_STATUS.get(status, ApiError)(
        status,
        problem.code,
        problem.message,
        field=problem.field,
        request_id=response.headers.get("x-request-id"),
        retry_after_seconds=retry_after_seconds(response.headers.get("retry-after")),
    )


def _is_passing(failed: ClientError) -> bool:
    """Whether the same call may succeed later. `in_flight`: the same call, sent before, is still at work."""
    return isinstance(failed, ApiError) and (failed.status in _BUSY or failed.code == "in_flight")
