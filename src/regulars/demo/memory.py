"""What the vendors still remember when asked: the newest orders, payments and refunds, and all registers.

Things are kept as they truly are and rendered when asked for, so an answer always shows the present state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from .accounts import Accounts
from .catalogue import Product
from .retail import Account, Edited, Happening, Payment, Return, Returned, Sale, Sold, Voided
from .shopify_objects import ShopifyObjects
from .square_objects import SquareObjects
from .world import Branch, Staff, World

T = TypeVar("T")

REMEMBERED_MAX: Final = 20_000


class Recent(Generic[T]):
    """A dictionary that forgets its oldest entries beyond a limit."""

    def __init__(self, entries_max: int) -> None:
        self._entries_max = entries_max
        self._entries: dict[str, T] = {}

    def put(self, key: str, value: T) -> None:
        """Keep a value; the oldest goes when there is no room."""
        self._entries[key] = value
        if len(self._entries) > self._entries_max:
            del self._entries[next(iter(self._entries))]

    def get(self, key: str) -> T | None:
        """The value, or None when unknown or forgotten."""
        return self._entries.get(key)

    def __len__(self) -> int:
        return len(self._entries)


class Memory:
    """Fed with every happening. Square's ids and Shopify's numbers (as text) are the keys."""

    def __init__(
        self,
        world: World,
        accounts: Accounts,
        square: SquareObjects,
        shopify: ShopifyObjects,
        entries_max: int = REMEMBERED_MAX,
    ) -> None:
        self._accounts = accounts
        self._square = square
        self._shopify = shopify
        self.square_orders: Recent[Sale | Return] = Recent(entries_max)
        self.square_payments: Recent[tuple[Sale, Payment]] = Recent(entries_max)
        self.square_refunds: Recent[Return] = Recent(entries_max)
        self.shopify_orders: Recent[Sale] = Recent(entries_max)
        self.shopify_refunds: Recent[Return] = Recent(entries_max)
        branches = world.branches
        self.square_locations: dict[str, Branch] = {square.location_id(branch): branch for branch in branches}
        self.staff: dict[str, tuple[Staff, Branch]] = {
            square.team_member_id(staff) or "": (staff, branch)
            for branch in branches
            for staff in branch.staff
        }
        products = world.catalogue.products
        self.variations: dict[str, Product] = {square.variation_id(product): product for product in products}
        self.items: dict[str, Product] = {square.item_id(product): product for product in products}
        self.categories: dict[str, Product] = {square.category_id(product): product for product in products}
        self.products: dict[str, Product] = {
            str(shopify.product_id(product)): product for product in products
        }
        self.inventory_items: dict[str, Product] = {
            str(shopify.inventory_item_id(product)): product for product in products
        }
        self.forgotten: set[str] = set()

    def take(self, happening: Happening) -> None:
        """Remember what happened."""
        match happening:
            case Sold(sale=sale) | Edited(sale=sale) | Voided(sale=sale):
                self._sale(sale)
            case Returned(back=back) if back.branch.system == "square":
                self.square_orders.put(self._square.order_id(back.number), back)
                self.square_refunds.put(self._square.refund_id(back), back)
            case Returned(back=back):
                self.shopify_refunds.put(str(self._shopify.refund_id(back)), back)
            case _:
                pass

    def customer(self, id_: str) -> Account | None:
        """A customer of either vendor, unless the vendor was asked to forget them."""
        return None if id_ in self.forgotten else self._accounts.by_id.get(id_)

    def customers(self) -> Iterator[Account]:
        """All customers of both vendors, the oldest first."""
        return (account for account in self._accounts.by_id.values() if account.id not in self.forgotten)

    def goods(self) -> Iterator[Product]:
        """Everything on the shelves."""
        return iter(self.variations.values())

    def _sale(self, sale: Sale) -> None:
        if sale.branch.system == "shopify":
            self.shopify_orders.put(str(self._shopify.order_id(sale.number)), sale)
            if sale.cancelled is not None:
                self.shopify_refunds.put(str(self._shopify.refund_id(sale.cancelled)), sale.cancelled)
            return
        self.square_orders.put(self._square.order_id(sale.number), sale)
        for payment in sale.payments:
            self.square_payments.put(self._square.payment_id(payment.number), (sale, payment))
