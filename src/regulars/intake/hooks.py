"""The vendors' door: `POST /hooks/{source}`. The signature is checked on the raw bytes before anything is parsed.

The last part of the address is the source's name in the default workspace, or `<workspace>.<name>`. A verified
message that cannot be read is kept as a rejected event and answered 200, since the vendor cannot mend it and
would only send it again. While nothing can be stored the answer is 503, and the vendor comes back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from regulars.observe import get_logger
from regulars.store.sources import KnownSource
from regulars.vocabulary.connector import Connector, Response, SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadPayload, NotFound, RegularsError
from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX, Event
from regulars.vocabulary.intake import EventError

from .addresses import NOTIFICATION_URL, Addresses
from .asgi import Answer, Incoming, MethodNotAllowed
from .deps import Deps
from .envelope import wrap

DOOR: Final = "hook"
PREFIX: Final = "/hooks/"
BYTES_MAX: Final = 4 * 1024 * 1024
_PLACE: Final = re.compile(r"(?:(?P<workspace>[1-9][0-9]{0,8})\.)?(?P<name>[a-z0-9][a-z0-9_-]{0,62})")
STUMBLED: Final = EventError(
    "connector_failed", "The connector could not read this message; this is a fault of ours."
)
_log = get_logger("intake")


class Delivered(Struct, omit_defaults=True):
    """The answer to a vendor: how many events its message held, or under which id it was set aside."""

    events: int
    quarantine_id: str | None = None


@runtime_checkable
class Handshaking(Protocol):
    """A connector whose vendor checks an address by a GET before it sends anything there."""

    def handshake(self, request: WebhookRequest, config: SourceConfig) -> Response:
        """The answer the vendor wants to see. Raises BadCredentials."""


class HooksDoor:
    """Verifies, parses and submits what vendors send."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._addresses = Addresses(deps.settings)

    async def post(self, request: Incoming) -> Answer:
        """Take a delivery. Nothing is stored before its signature was found right."""
        known, connector = await self._place(request)
        webhook = self._webhook(request, known, await request.raw_body(bytes_max=BYTES_MAX))
        connector.verify(webhook, known.config)
        events = _parsed(connector, webhook, known.config)
        if isinstance(events, EventError):
            # Connectors of third parties may lack the list.
            body = wrap(webhook, getattr(connector, "headers_read", ()))
            kept = await self._deps.gate.quarantine(known.source, body, events, door=DOOR)
            return _answer(Delivered(events=0, quarantine_id=kept))
        bodies = [msgspec.json.encode(event) for event in events]
        for start in range(0, len(bodies), EVENTS_PER_REQUEST_MAX):
            part = bodies[start : start + EVENTS_PER_REQUEST_MAX]
            await self._deps.gate.submit(known.source, part, door=DOOR)
        return _answer(Delivered(events=len(bodies)))

    async def get(self, request: Incoming) -> Answer:
        """Answer a vendor's handshake, for connectors that have one."""
        known, connector = await self._place(request)
        if not isinstance(connector, Handshaking):
            raise MethodNotAllowed("Vendors send their messages here by POST.")
        said = connector.handshake(self._webhook(request, known, b""), known.config)
        headers = tuple(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in said.headers.items()
        )
        return Answer(said.status, said.body, headers)

    async def _place(self, request: Incoming) -> tuple[KnownSource, Connector]:
        found = _PLACE.fullmatch(request.path.rstrip("/").removeprefix(PREFIX))
        known = None
        if found is not None:
            workspace_id = int(found["workspace"] or self._deps.workspace_id)
            known = await self._deps.sources.find(workspace_id, found["name"])
        connector = self._deps.connectors.get(known.source.kind) if known is not None else None
        if known is None or connector is None or known.disabled_at is not None:
            raise NotFound("No vendor is connected at this address.")
        return known, connector

    def _webhook(self, request: Incoming, known: KnownSource, body: bytes) -> WebhookRequest:
        headers: dict[str, str] = {}
        for raw_name, raw_value in request.scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        url = known.options.get(NOTIFICATION_URL) or self._addresses.url(request)
        return WebhookRequest(url, headers, body, self._deps.now())


def _parsed(
    connector: Connector, webhook: WebhookRequest, config: SourceConfig
) -> Sequence[Event] | EventError:
    """The events of a verified delivery, or why it cannot be read, whatever the connector stumbled over."""
    try:
        return connector.parse(webhook, config)
    except BadPayload as error:
        return EventError(error.code, error.message, error.field)
    except RegularsError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a connector stumbles over, its message is kept
        _log.error("connector failed", source=config.name, source_kind=connector.name, exc_info=error)
        return STUMBLED


def _answer(delivered: Any) -> Answer:
    return Answer(HTTPStatus.OK, msgspec.json.encode(delivered))
