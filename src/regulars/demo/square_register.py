"""Square's registers as its API shows them: customers, loyalty accounts, catalogue, locations, team.

Shapes follow Square's published API description of August 2025. Every function renders the present state of what
it is given.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from .catalogue import Product
from .people import Address, Person
from .retail import Account
from .world import CHAIN, Branch, Staff, World

Json = dict[str, Any]

CATALOG_VERSION: Final = 1_735_689_600_000
EPOCH_TEXT: Final = "2024-01-08T09:00:00.000Z"


def iso(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def money(amount_minor: int, currency: str) -> Json:
    """Square's Money."""
    return {"amount": amount_minor, "currency": currency}


class SquareRegister:
    """Renders what stands in the registers. Holds nothing but the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = world.ids
        self.application_id = f"sq0idp-{self._ids.mixed('application', 0, 22)}"
        self.program_id = self._ids.uuid("loyalty-program", 0)

    def merchant_id(self, branch: Branch) -> str:
        """Square keeps one merchant per country."""
        return self._ids.token(f"merchant-{branch.country}", 0, 13)

    def location_id(self, branch: Branch) -> str:
        """The branch's id."""
        return self._ids.token("location", branch.number, 13)

    def home(self) -> Branch:
        """The chain's first branch."""
        return self._world.branches[0]

    def home_of(self, person: Person) -> Branch:
        """The branch a person's accounts are filed under."""
        return self._world.branches[person.home]

    def team_member_id(self, staff: Staff | None) -> str | None:
        """The id of whoever served."""
        return f"TM{self._ids.mixed('team', staff.number, 14)}" if staff is not None else None

    def variation_id(self, product: Product) -> str:
        """The id order lines name."""
        return self._ids.token("variation", product.number, 24)

    def item_id(self, product: Product) -> str:
        """The id of the item a variation belongs to."""
        return self._ids.token("item", product.number, 24)

    def category_id(self, product: Product) -> str:
        """The id of a product's category."""
        return self._ids.token("category", product.category.number, 24)

    def customer(self, account: Account) -> Json:
        """A customer; a loyalty card's number stands in `reference_id`."""
        customer: Json = {
            "id": account.id,
            "created_at": iso(account.created_ms),
            "updated_at": iso(account.updated_ms),
            "preferences": {"email_unsubscribed": not account.consent},
            "creation_source": "LOYALTY" if account.loyalty_card else "DIRECTORY",
            "version": account.version,
        }
        optional = {
            "given_name": account.given,
            "family_name": account.family,
            "email_address": account.email,
            "phone_number": account.phone,
            "birthday": account.birth.isoformat() if account.birth else None,
            "reference_id": account.loyalty_card,
            "address": _address(account.address) if account.address else None,
        }
        customer |= {key: value for key, value in optional.items() if value is not None}
        return customer

    def loyalty_account(self, account: Account) -> Json:
        """The loyalty account that goes with a card; Square maps it by phone number."""
        at = iso(account.created_ms)
        mapping = {"id": self._ids.uuid("loyalty-mapping", account.number), "created_at": at}
        if account.phone is not None:
            mapping["phone_number"] = account.phone
        return {
            "id": self._ids.uuid("loyalty-account", account.number),
            "program_id": self.program_id,
            "balance": 0,
            "lifetime_points": 0,
            "customer_id": account.id,
            "enrolled_at": at,
            "created_at": at,
            "updated_at": at,
            "mapping": mapping,
        }

    def location(self, branch: Branch) -> Json:
        """A branch."""
        return {
            "id": self.location_id(branch),
            "name": branch.name,
            "address": {
                "address_line_1": "1 Market Place",
                "locality": branch.town,
                "postal_code": branch.postcode,
                "country": branch.country,
            },
            "timezone": branch.time_zone,
            "capabilities": ["CREDIT_CARD_PROCESSING"],
            "status": "ACTIVE",
            "created_at": EPOCH_TEXT,
            "merchant_id": self.merchant_id(branch),
            "country": branch.country,
            "language_code": "fr-FR" if branch.country == "FR" else "en-GB",
            "currency": branch.currency,
            "phone_number": branch.phone,
            "business_name": CHAIN,
            "type": "PHYSICAL",
            "business_email": branch.email,
        }

    def team_member(self, staff: Staff, branch: Branch) -> Json:
        """A member of staff."""
        return {
            "id": self.team_member_id(staff),
            "reference_id": f"s-{staff.number}",
            "is_owner": False,
            "status": "ACTIVE",
            "given_name": staff.given,
            "family_name": staff.family,
            "email_address": staff.email,
            "phone_number": staff.phone,
            "created_at": EPOCH_TEXT,
            "updated_at": EPOCH_TEXT,
            "assigned_locations": {
                "assignment_type": "EXPLICIT_LOCATIONS",
                "location_ids": [self.location_id(branch)],
            },
        }

    def variation(self, product: Product) -> Json:
        """What a line's `catalog_object_id` names: it holds SKU and barcode."""
        data: Json = {
            "item_id": self.item_id(product),
            "name": product.variant or "Regular",
            "sku": product.sku,
            "upc": product.barcode,
            "ordinal": 0,
            "pricing_type": "FIXED_PRICING",
            "price_money": money(product.price_minor["GBP"], "GBP"),
        }
        return self._catalog_object("ITEM_VARIATION", self.variation_id(product), "item_variation_data", data)

    def item(self, product: Product) -> Json:
        """The item above a variation: it names the category."""
        data = {
            "name": product.name,
            "product_type": "REGULAR",
            "categories": [{"id": self.category_id(product), "ordinal": 0}],
            "reporting_category": {"id": self.category_id(product), "ordinal": 0},
            "variations": [self.variation(product)],
        }
        return self._catalog_object("ITEM", self.item_id(product), "item_data", data)

    def category(self, product: Product) -> Json:
        """A product's category."""
        data = {"name": product.category.name, "category_type": "REGULAR_CATEGORY", "is_top_level": True}
        return self._catalog_object("CATEGORY", self.category_id(product), "category_data", data)

    def _catalog_object(self, kind: str, id_: str, key: str, data: Json) -> Json:
        return {
            "type": kind,
            "id": id_,
            "updated_at": EPOCH_TEXT,
            "version": CATALOG_VERSION,
            "is_deleted": False,
            "present_at_all_locations": True,
            key: data,
        }


def _address(address: Address) -> Json:
    return {
        "address_line_1": address.line1,
        "locality": address.city,
        "postal_code": address.postcode,
        "country": address.country,
    }
