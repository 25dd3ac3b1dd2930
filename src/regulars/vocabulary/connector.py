"""The contract of a vendor connector. A connector never opens a socket.

It verifies and parses bytes into events, and renders what we want to ask or tell the vendor into requests; one
runner in `delivery` sends them. Raise only the four errors of the vendor edge: BadPayload, BadCredentials,
VendorBusy (with a delay), VendorRefused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct, field

from .events import Event, Fetch


class WebhookRequest(Struct, frozen=True):
    """A delivery as it came in: `url` is the public address the vendor signs, header names are lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


class SourceConfig(Struct, frozen=True):
    """What a source was set up with. `secrets` come decrypted and never leave the process."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    def base_url(self, default: str) -> str:
        """The vendor's address; overridden by option `base_url` (sandbox, tests, demo)."""
        return self.options.get("base_url", default).rstrip("/")


class Request(Struct, frozen=True):
    """A call to be made at the vendor."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Response(Struct, frozen=True):
    """The vendor's answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Setting(Struct, frozen=True):
    """One thing a person must enter to connect the vendor."""

    name: str
    help: str
    secret: bool = False
    required: bool = True


FETCH_CALLS_MAX = 5
"""A fetch may take this many calls (an order, then its customer, then its catalogue)."""


class Connector(Protocol):
    """One vendor. Stateless: everything it needs is handed in."""

    name: str
    title: str
    settings: Sequence[Setting]
    privacy_note: str
    """What the retailer must clear at the vendor itself when a person is erased."""
    tested: str
    """How far the connector has been tried, in a sentence for the person who sets it up."""
    receipts_never_reset: bool
    """Receipts are unique for ever: shop, till and day are no part of the sale's key. The source's default."""
    headers_read: Sequence[str]
    """Headers `parse` looks at, in lower case, the one that names the message first: kept when it is set aside."""

    def verify(self, request: WebhookRequest, config: SourceConfig) -> None:
        """Check the signature over the raw bytes; raises BadCredentials. Nothing is parsed before."""

    def parse(self, request: WebhookRequest, config: SourceConfig) -> list[Event]:
        """Events of a verified delivery, ids stable over redelivery.

        A thin message becomes one `source.noticed` event carrying `fetches`. Topics of no interest give an
        empty list. Raises BadPayload with the field that is wrong.
        """

    def fetch(
        self, fetch: Fetch, config: SourceConfig, responses: Sequence[Response]
    ) -> Request | list[Event]:
        """The next call of a fetch given the answers so far, or, when complete, its events.

        Called with no response first. Raises VendorBusy on 429 and 5xx, BadCredentials on 401 and 403,
        VendorRefused on other refusals, BadPayload on an answer that cannot be read.
        """

    def probe(self, config: SourceConfig) -> Request:
        """A harmless call that tells whether the credentials work."""

    def forget(self, external_ids: Sequence[str], config: SourceConfig) -> list[Request]:
        """Calls that ask the vendor to erase these customers; empty where the vendor has no such call."""

    def check(self, request: Request, response: Response) -> None:
        """Raise the vendor error that this answer to a probe or a forget stands for; return when it is a yes."""


TELL_CALLS_MAX = 8
"""A write-back may take this many calls (account, programme, new account, change, look again)."""


class Standing(Struct, frozen=True):
    """Where a member stands, and who they are at one source: what its vendor is to show or keep.

    `balance`: points that may be spent, never below zero here. `tier` is its code, None without tiers. `external_ids`
    and `phones` (E.164) are those that the source itself told of the member, and no others. `takes_part` is False for
    somebody who has nothing to show, but whose customers may show what was another's before they were taken apart.
    """

    member_id: str
    balance: int
    tier: str | None = None
    external_ids: Sequence[str] = ()
    phones: Sequence[str] = ()
    takes_part: bool = True


class Told(Struct, frozen=True):
    """The vendor shows what it should; `changed`: it did not before. `why` it shows nothing, where it cannot."""

    changed: bool
    why: str | None = None


class Coupon(Struct, frozen=True):
    """A reward that a member reserved for a web shop: its code, for the customers they are there, good for one order.

    It takes `percent` off, or `amount_minor` of `currency`. `live`: it can be used now, else it is to be ended.
    """

    code: str
    title: str
    live: bool
    starts_at: datetime
    ends_at: datetime
    external_ids: Sequence[str]
    percent: int | None = None
    amount_minor: int = 0
    currency: str = ""


@runtime_checkable
class TakesCoupons(Protocol):
    """A web shop that takes codes for rewards, besides being a Connector. Its sales name the codes as coupons."""

    def offer(self, coupon: Coupon, config: SourceConfig, responses: Sequence[Response]) -> Request | Told:
        """As `WritesBack.tell`, for a code."""


@runtime_checkable
class WritesBack(Protocol):
    """A vendor that keeps or shows points of its own, besides being a Connector.

    Ours are the ones that count: whatever the vendor has is made equal to them.
    """

    def tell(self, standing: Standing, config: SourceConfig, responses: Sequence[Response]) -> Request | Told:
        """The next call given the answers so far, or how it ended. Called with no response first.

        Told twice it changes nothing more, so it may be cut short anywhere. Raises what `fetch` raises.
        """
