"""Before every route of the API: the key, its scopes, and answers given before under an Idempotency-Key."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from regulars.store.answers import Answers, Kept, Ticket, ticket
from regulars.vocabulary.errors import Conflict, InvalidInput, TooLarge, Unauthenticated, Unprocessable

from .access import BY_ROUTE, Rule
from .deps import Api, Visit

Queries: TypeAlias = Mapping[tuple[str, str], frozenset[str]]

BODY_BYTES_MAX: Final = 1024 * 1024
KEY_CHARACTERS_MAX: Final = 200
WAIT_SECONDS_MAX: Final = 10.0
_KEY: Final = re.compile(f"[!-~]{{1,{KEY_CHARACTERS_MAX}}}")
_POLL_SECONDS: Final = 0.05
_KEPT_HEADERS: Final = (b"content-type", b"location")


class Front:
    """ASGI middleware of the API's router."""

    def __init__(self, app: ASGIApp, api: Api, queries: Queries) -> None:
        self._app = app
        self._api = api
        self._queries = queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through when its key opens the route. Raises Unauthenticated, Forbidden."""
        route = (str(scope.get("method", "")), str(scope.get("path_template", "")))
        rule = BY_ROUTE.get(route)
        if rule is None or not rule.scopes:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        caller = await self._api.deps.keys.verify(bearer(headers.get(b"authorization", b"")))
        rule.admit(caller.scopes)
        _check_query(scope.get("query_string", b""), self._queries[route])
        key = _idempotency_key(headers) if rule.idempotent else None
        visit = Visit(self._api, caller, key)
        scope["auth"] = visit
        if key is None:
            await self._app(scope, receive, send)
        else:
            await self._once(visit, rule, scope, receive, send)

    async def _once(self, visit: Visit, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the call unless it was done before; then give the answer of that time."""
        body = await _whole_body(receive)
        target = f"{scope['path']}?{scope.get('query_string', b'').decode('latin-1')}\n".encode()
        asked = ticket(
            visit.vault,
            caller=visit.caller.key_id,
            route=f"{rule.method} {rule.path}",
            key=visit.idempotency_key or "",
            sent=target + body,
        )
        before = await _claimed(self._api.answers, asked, visit)
        if before is not None:
            await _replay(before, send)
            return
        answer: Kept | None = None
        try:
            answer, messages = await _captured(self._app, scope, _replaying(body, receive))
        finally:
            # Kept before it is sent: who has seen an answer gets the same one again.
            if answer is not None and answer.status < 500 and answer.status != 429:
                await self._api.answers.keep(asked, visit.vault, answer)
            else:
                await self._api.answers.release(asked)
        for message in messages:
            await send(message)


def bearer(header: bytes) -> str:
    """The key of an Authorization header. Raises Unauthenticated."""
    scheme, _, text = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Unauthenticated("Send your API key in the header: Authorization: Bearer <key>.")
    return text.strip()


def _check_query(query: bytes, known: frozenset[str]) -> None:
    """Raises InvalidInput for a parameter that is not one: misspelt, it would silently change the question."""
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            takes = ", ".join(sorted(known)) or "none"
            raise InvalidInput(f"There is no such parameter here. There are: {takes}.", field=name[:100])


def _idempotency_key(headers: dict[bytes, bytes]) -> str | None:
    header = headers.get(b"idempotency-key")
    if header is None:
        return None
    key = header.decode("latin-1")
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            f"An Idempotency-Key has 1 to {KEY_CHARACTERS_MAX} ASCII characters without blanks.",
            field="Idempotency-Key",
        )
    return key


async def _claimed(answers: Answers, asked: Ticket, visit: Visit) -> Kept | None:
    """None when the call is ours to do, else its answer, waited for. Raises Unprocessable and Conflict."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not await answers.claim(asked):
        held = await answers.find(asked, visit.vault)
        if held is not None and not held.same:
            raise Unprocessable(
                "This Idempotency-Key was used for another request. Use a new key for each.",
                code="idempotency_key_reused",
                field="Idempotency-Key",
            )
        if held is not None and held.answer is not None:
            return held.answer
        if time.monotonic() > deadline:
            raise Conflict(
                "A call with this Idempotency-Key is still under way. Repeat it in a moment.",
                code="in_flight",
                field="Idempotency-Key",
            )
        await asyncio.sleep(_POLL_SECONDS)
    return None


async def _whole_body(receive: Receive) -> bytes:
    """The body of a request. Raises TooLarge."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidInput("The request ended before its body did.")
        if message["type"] == "http.request":
            body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise TooLarge(f"The body is over the limit of {BODY_BYTES_MAX} bytes.")
        if not message.get("more_body", False):
            return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A receive that tells the body once more, then what comes after it."""
    parts = [body]

    async def again() -> Any:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        return await receive()

    return again


async def _captured(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Kept | None, list[Message]]:
    """Do the call: its answer, None when it did not get to its end, and the messages that make it."""
    messages: list[Message] = []

    async def hold(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, hold)
    ScopeState.from_scope(scope).response_started = False  # an error from here on can still be told
    if not messages or messages[0]["type"] != "http.response.start":
        return None, messages
    start = messages[0]
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in start["headers"]
        if name.lower() in _KEPT_HEADERS
    ]
    bodies = [message for message in messages[1:] if message["type"] == "http.response.body"]
    whole = bool(bodies) and not bodies[-1].get("more_body", False)
    body = b"".join(bytes(part["body"]) for part in bodies)
    return (Kept(start["status"], headers, body) if whole else None), messages


async def _replay(kept: Kept, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.headers]
    headers += [
        (b"idempotency-replayed", b"true"),
        (b"content-length", str(len(kept.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": kept.body, "more_body": False})


def with_front(api: Api, queries: Queries) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware as a router takes it. `queries`: the parameters of each route."""
    return lambda app: Front(app, api, queries)
