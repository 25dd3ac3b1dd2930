"""The registers of stores, products and staff: how an entry is found, described and replaced, for API and pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, LiteralString, Protocol, TypeVar

import msgspec
from msgspec import Meta, Struct

from regulars.console.i18n import later
from regulars.observe import mask
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary import events
from regulars.vocabulary.errors import Conflict, NotFound
from regulars.vocabulary.events import Currency, Event, Id, Minor, Text

from .common import ChangedMeanwhile, row
from .registering import Author, Stand, checked, event_id, occurred_at, submit
from .staff import open_staff

REGISTERS = load_queries("regulars.store.views", "registers.sql")


class StoreDetails(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a shop; all of it is replaced."""

    name: Text | None = None
    time_zone: Annotated[Text, Meta(description="IANA name, such as Europe/London.")] | None = None
    region: Text | None = None
    country: Text | None = None
    currency: Currency | None = None
    tax_mode: Literal["inclusive", "exclusive"] | None = None


class Store(Struct, frozen=True):
    """A shop. `updated_at` is null while only sales have named it."""

    code: str
    name: str | None
    time_zone: str | None
    region: str | None
    country: str | None
    currency: str | None
    tax_mode: str | None
    updated_at: datetime | None


class ProductDetails(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a product; all of it is replaced."""

    name: Text | None = None
    category: Text | None = None
    brand: Text | None = None
    barcode: Id | None = None
    price_minor: Minor | None = None
    currency: Currency | None = None
    active: bool = True


class Product(Struct, frozen=True):
    """A product. `updated_at` is null while only sales have named it."""

    sku: str
    name: str | None
    category: str | None
    brand: str | None
    barcode: str | None
    price_minor: int | None
    currency: str | None
    active: bool
    updated_at: datetime | None


class StaffDetails(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a member of staff; all of it is replaced."""

    given_name: Text | None = None
    family_name: Text | None = None
    email: Text | None = None
    active: bool = True


class StaffMember(Struct, frozen=True):
    """A member of staff. `updated_at` is null while only sales have named them."""

    code: str
    given_name: str | None
    family_name: str | None
    email: str | None
    active: bool
    updated_at: datetime | None


class _Told(Protocol):
    @property
    def updated_at(self) -> datetime | None: ...


Entry = TypeVar("Entry", bound=_Told)
Details = TypeVar("Details", bound=Struct)
Shown = TypeVar("Shown", bound=Struct)


class Found(Struct, Generic[Entry], frozen=True):
    """An entry, and by which event it was last told."""

    entry: Entry
    stand: Stand


@dataclass(frozen=True, slots=True)
class Register(Generic[Entry, Details]):
    """One register. `word` names it in events and in the audit trail, `part` is the event's part that `said` makes."""

    word: str
    key: str
    part: str
    one: LiteralString
    entry: Callable[[Vault, tuple[Any, ...]], Entry]
    details: type[Details]
    said: Callable[..., Struct]
    unknown: str
    taken: str

    async def find(self, database: Database, vault: Vault, code: str) -> Found[Entry] | None:
        """The entry of a code, if there is one."""
        async with database.read(vault.workspace_id) as conn:
            found = await row(conn, self.one, {"workspace_id": vault.workspace_id, "code": code})
        return None if found is None else Found(self.entry(vault, found), Stand(*found[-2:]))

    async def show(self, database: Database, vault: Vault, code: str) -> Found[Entry]:
        """The entry of a code. Raises NotFound."""
        found = await self.find(database, vault, code)
        if found is None:
            raise NotFound(self.unknown, field=self.key)
        return found

    async def add(self, author: Author, code: str, details: Details) -> Entry:
        """Add an entry, or describe one that only sales have named. Raises Conflict for one that is described."""
        found = await self.find(author.database, author.vault, code)
        if found is not None and found.entry.updated_at is not None and self.said_of(found.entry) != details:
            raise Conflict(self.taken, field=self.key)
        return await self._write(author, code, details, found)

    async def put(self, author: Author, code: str, details: Details, *, read: str | None = None) -> Entry:
        """Replace all that is said of an entry, adding it where it is new. Saying the same again changes nothing.

        Raises InvalidInput with the field, and ChangedMeanwhile when it is not as it was `read` any more.
        """
        found = await self.find(author.database, author.vault, code)
        if read is not None and found is not None and found.stand.said_key.hex != read:
            raise ChangedMeanwhile
        return await self._write(author, code, details, found)

    def said_of(self, entry: Entry) -> Details:
        """What was said of an entry, as it would be said again."""
        return self.details(**{name: getattr(entry, name) for name in self.details.__struct_fields__})

    async def _write(self, author: Author, code: str, details: Details, found: Found[Entry] | None) -> Entry:
        stand = found.stand if found is not None else Stand()
        if found is not None and stand.said_at is not None and self.said_of(found.entry) == details:
            return found.entry
        said: dict[str, Any] = msgspec.structs.asdict(details)
        object_ = f"{self.word}:{code}"
        parts: dict[str, Any] = {self.part: self.said(**{self.key: code}, **said)}
        event = Event(
            id=event_id(author, object_, said, stand),
            type=f"{self.word}.updated",
            occurred_at=occurred_at(author, stand),
            **parts,
        )
        await submit(author, checked(event, self.part), object_)
        return (await self.show(author.database, author.vault, code)).entry


def masked(one: Shown) -> Shown:
    """A store or product without contacts in its name, as in events: tills write it freely."""
    name = getattr(one, "name", None)
    return msgspec.structs.replace(one, name=mask(name)) if name else one


def unmasked(typed: Details, held: Details) -> Details:
    """What was typed over masked details: a name left as it was shown stays as it is held."""
    name = getattr(held, "name", None)
    left = name and getattr(typed, "name", None) == mask(name)
    return msgspec.structs.replace(typed, name=name) if left else typed


def store_of(_vault: Vault, found: tuple[Any, ...]) -> Store:
    """A shop out of a row of the register."""
    return Store(*found[:8])


def product_of(_vault: Vault, found: tuple[Any, ...]) -> Product:
    """A product out of a row of the register."""
    return Product(*found[:9])


def member_of(vault: Vault, found: tuple[Any, ...]) -> StaffMember:
    """A member of staff out of a row of the register, opened; without details where they cannot be opened."""
    code, sealed, active, said_at = found[:4]
    said = open_staff(vault, sealed)
    return StaffMember(code, said.given_name, said.family_name, said.email, active, said_at)


STORES = Register(
    word="store",
    key="code",
    part="store_details",
    one=REGISTERS.store,
    entry=store_of,
    details=StoreDetails,
    said=events.Store,
    unknown=later("There is no store with this code."),
    taken=later("There is a store with this code already. Change it by PUT."),
)
PRODUCTS = Register(
    word="product",
    key="sku",
    part="product",
    one=REGISTERS.product,
    entry=product_of,
    details=ProductDetails,
    said=events.Product,
    unknown=later("There is no product with this SKU."),
    taken=later("There is a product with this SKU already. Change it by PUT."),
)
STAFF = Register(
    word="staff",
    key="code",
    part="staff_details",
    one=REGISTERS.staff_member,
    entry=member_of,
    details=StaffDetails,
    said=events.Staff,
    unknown=later("There is no member of staff with this code."),
    taken=later("There is a member of staff with this code already. Change them by PUT."),
)
