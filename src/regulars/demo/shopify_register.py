"""Shopify's registers as its webhooks and REST API show them: customers, products, locations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from .catalogue import Product
from .people import Address
from .retail import Account, Sale
from .world import CHAIN, Branch, Staff, World

Json = dict[str, Any]

EUROS_PER_POUND_PERCENT: Final = 117
"""The demo's one rate of exchange, for what foreign web customers are shown."""
PRODUCT_BASE: Final = 8_140_000_000_000
VARIANT_BASE: Final = 44_520_000_000_000
INVENTORY_BASE: Final = 46_600_000_000_000
LOCATION_BASE: Final = 71_900_000_000
STAFF_BASE: Final = 92_400_000_000
DEVICE_BASE: Final = 3_310_000_000
ADDRESS_BASE: Final = 9_350_000_000_000
EPOCH_TEXT: Final = "2024-01-08T09:00:00+00:00"

_COUNTRIES: Final = {"GB": "United Kingdom", "FR": "France"}


def amount_text(minor: int) -> str:
    """Minor units as Shopify writes them: `"12.30"`."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


class Amounts:
    """Makes money bags: the shop's money beside what the customer was shown."""

    def __init__(self, shop: str, presentment: str) -> None:
        self._shop = shop
        self._presentment = presentment

    def bag(self, minor: int) -> Json:
        """A `*_set`."""
        text = amount_text(minor)
        shown = text
        if self._shop != self._presentment:
            shown = amount_text((minor * EUROS_PER_POUND_PERCENT + 50) // 100)
        return {
            "shop_money": {"amount": text, "currency_code": self._shop},
            "presentment_money": {"amount": shown, "currency_code": self._presentment},
        }


class ShopifyRegister:
    """Renders what stands in the registers. Holds nothing but the world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = world.ids
        self._zone = world.web.zone

    def iso(self, at_ms: int) -> str:
        """A time with the shop's offset, to the second."""
        return datetime.fromtimestamp(at_ms // 1000, self._zone).isoformat()

    def location_id(self, branch: Branch) -> int:
        """The id of a branch."""
        return LOCATION_BASE + branch.number * 1024

    def staff_id(self, staff: Staff | None) -> int | None:
        """The id of whoever served."""
        return STAFF_BASE + staff.number if staff is not None else None

    def device_id(self, sale: Sale) -> int:
        """The id of the till."""
        return DEVICE_BASE + sale.branch.number * 100 + sale.till

    def product_id(self, product: Product) -> int:
        """Variants of the same goods share it; the first one's number serves."""
        return PRODUCT_BASE + self._first(product).number * 1024

    def variant_id(self, product: Product) -> int:
        """The id of a variant."""
        return VARIANT_BASE + product.number * 1024

    def inventory_item_id(self, product: Product) -> int:
        """What stock is counted under."""
        return INVENTORY_BASE + product.number

    def _first(self, product: Product) -> Product:
        numbers = self._world.catalogue.by_category[product.category.number]
        products = self._world.catalogue.products
        return next(products[number] for number in numbers if products[number].name == product.name)

    def variants(self, product: Product) -> list[Product]:
        """All variants of the same goods."""
        numbers = self._world.catalogue.by_category[product.category.number]
        products = self._world.catalogue.products
        return [products[number] for number in numbers if products[number].name == product.name]

    def products(self) -> list[Json]:
        """Everything Shopify sells: what is weighed is not on the web."""
        goods = [product for product in self._world.catalogue.products if not product.weighed]
        return [self.product(product) for product in goods if self._first(product) is product]

    def product(self, product: Product) -> Json:
        """A product with its variants."""
        variants = self.variants(product)
        product_id = self.product_id(product)
        return {
            "id": product_id,
            "title": product.name,
            "body_html": f"<p>{product.name}</p>",
            "vendor": CHAIN,
            "product_type": product.category.name,
            "created_at": EPOCH_TEXT,
            "handle": product.name.lower().replace(" ", "-"),
            "updated_at": EPOCH_TEXT,
            "published_at": EPOCH_TEXT,
            "template_suffix": None,
            "published_scope": "global",
            "tags": product.category.name,
            "status": "active",
            "admin_graphql_api_id": f"gid://shopify/Product/{product_id}",
            "variants": [self.variant(variant, place) for place, variant in enumerate(variants, 1)],
            "options": [
                {
                    "id": product_id + 1,
                    "product_id": product_id,
                    "name": "Kind",
                    "position": 1,
                    "values": [variant.variant for variant in variants],
                }
            ],
            "images": [],
            "image": None,
        }

    def variant(self, product: Product, position: int) -> Json:
        """One variant: SKU, barcode and price."""
        variant_id = self.variant_id(product)
        return {
            "id": variant_id,
            "product_id": self.product_id(product),
            "title": product.variant,
            "price": amount_text(product.price_minor["GBP"]),
            "position": position,
            "inventory_policy": "deny",
            "compare_at_price": None,
            "option1": product.variant,
            "option2": None,
            "option3": None,
            "created_at": EPOCH_TEXT,
            "updated_at": EPOCH_TEXT,
            "taxable": product.category.vat["GB"] != "0",
            "barcode": product.barcode,
            "fulfillment_service": "manual",
            "grams": 250,
            "inventory_management": "shopify",
            "requires_shipping": True,
            "sku": product.sku,
            "weight": 0.25,
            "weight_unit": "kg",
            "inventory_item_id": self.inventory_item_id(product),
            "inventory_quantity": 40,
            "old_inventory_quantity": 40,
            "admin_graphql_api_id": f"gid://shopify/ProductVariant/{variant_id}",
            "image_id": None,
        }

    def location(self, branch: Branch) -> Json:
        """A shop with a door, or the web shop's warehouse."""
        country = _COUNTRIES[branch.country]
        return {
            "id": self.location_id(branch),
            "name": branch.name,
            "address1": "1 Market Place",
            "address2": None,
            "city": branch.town,
            "zip": branch.postcode,
            "province": None,
            "country": branch.country,
            "phone": branch.phone,
            "created_at": EPOCH_TEXT,
            "updated_at": EPOCH_TEXT,
            "country_code": branch.country,
            "country_name": country,
            "province_code": None,
            "legacy": False,
            "active": True,
            "admin_graphql_api_id": f"gid://shopify/Location/{self.location_id(branch)}",
            "localized_country_name": country,
            "localized_province_name": None,
        }

    def order_customer(self, account: Account) -> Json:
        """A customer as orders carry it."""
        consent = self._consent(account)
        return {
            "id": int(account.id),
            "email": account.email,
            "created_at": self.iso(account.created_ms),
            "updated_at": self.iso(account.updated_ms),
            "first_name": account.given,
            "last_name": account.family,
            "state": "enabled" if account.registered else "disabled",
            "note": None,
            "verified_email": account.registered,
            "multipass_identifier": None,
            "tax_exempt": False,
            "phone": account.phone,
            "email_marketing_consent": consent if account.email else None,
            "sms_marketing_consent": None,
            "tags": "member" if account.loyalty_card else "",
            "currency": "GBP",
            "tax_exemptions": [],
            "admin_graphql_api_id": f"gid://shopify/Customer/{account.id}",
            "default_address": self._customer_address(account) if account.address else None,
        }

    def customer(self, account: Account) -> Json:
        """A customer as its own webhooks carry it: with figures and addresses."""
        body = self.order_customer(account)
        address = body["default_address"]
        return body | {
            "orders_count": account.orders,
            "total_spent": amount_text(account.spent_minor),
            "last_order_id": None,
            "last_order_name": None,
            "addresses": [address] if address else [],
        }

    def _consent(self, account: Account) -> Json:
        return {
            "state": "subscribed" if account.consent else "not_subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": self.iso(account.created_ms) if account.consent else None,
        }

    def _customer_address(self, account: Account) -> Json:
        address = account.address
        assert address is not None
        return self._address(account, address) | {
            "id": ADDRESS_BASE + account.number,
            "customer_id": int(account.id),
            "country_name": _COUNTRIES[address.country],
            "default": True,
        }

    def mailing_address(self, account: Account) -> Json | None:
        """Where an order goes: the account's address, else where its person lives."""
        address = account.address or account.person.address
        return self._address(account, address) | {"latitude": None, "longitude": None}

    def _address(self, account: Account, address: Address) -> Json:
        given, family = account.given, account.family
        return {
            "first_name": given,
            "last_name": family,
            "company": None,
            "address1": address.line1,
            "address2": "",
            "city": address.city,
            "province": None,
            "country": _COUNTRIES[address.country],
            "zip": address.postcode,
            "phone": account.phone,
            "name": " ".join(part for part in (given, family) if part),
            "province_code": None,
            "country_code": address.country,
        }
