"""Shopify's orders, refunds and checkouts as its webhooks and REST API show them (version 2026-01 and on).

Amounts are decimal strings, in the shop's money and in the customer's (`presentment_money`); only a refund line's
`subtotal` and `total_tax` are numbers, as Shopify sends them. Prices include VAT. Times carry the shop's offset.
"""

from __future__ import annotations

from typing import Any, Final

from .retail import Cart, Line, Payment, Return, Sale
from .shopify_register import Amounts, ShopifyRegister, amount_text
from .world import DOMAIN

Json = dict[str, Any]

WEB_APP_ID: Final = 580_111
POS_APP_ID: Final = 129_785
ORDER_BASE: Final = 5_410_000_000_000
ORDER_STEP: Final = 32_768
LINE_BASE: Final = 13_800_000_000_000
LINES_PER_ORDER_MAX: Final = 64
REFUND_BASE: Final = 912_000_000_000
TRANSACTION_BASE: Final = 6_720_000_000_000
CHECKOUT_BASE: Final = 34_100_000_000_000

_REFUND_ONLY: Final = ("return", "refund_shipping_lines")
_TRANSACTION_ONLY: Final = ("total_unsettled_set", "manual_payment_gateway", "amount_rounding")
_GATEWAYS: Final = {"card": "shopify_payments", "cash": "cash", "gift_card": "gift_card"}


class ShopifyObjects(ShopifyRegister):
    """Renders what happened, in its present state."""

    def order_id(self, number: int) -> int:
        """The id of an order."""
        return ORDER_BASE + number * ORDER_STEP

    def line_id(self, number: int, line: Line) -> int:
        """The id of an order's line."""
        return LINE_BASE + number * LINES_PER_ORDER_MAX + line.number

    def refund_id(self, back: Return) -> int:
        """The id of a refund."""
        return REFUND_BASE + back.number

    def order(self, sale: Sale) -> Json:
        """An order, from the web or from Shopify POS (`source_name` tells)."""
        return (
            self._order_ids(sale)
            | self._order_state(sale)
            | self._order_sums(sale)
            | self._order_people(sale)
            | {
                "discount_codes": self._discount_codes(sale),
                "discount_applications": self._discount_applications(sale),
                "tax_lines": self._tax_lines(sale.lines, sale.presentment),
                "line_items": [self.line(sale, line) for line in sale.lines],
                "shipping_lines": self._shipping_lines(sale),
                "fulfillments": [],
                "refunds": [self._refund_within(back) for back in self._refunds(sale)],
                "payment_gateway_names": [_GATEWAYS[sale.tender]],
                "payment_terms": None,
            }
        )

    def _refunds(self, sale: Sale) -> list[Return]:
        return [*sale.returns, sale.cancelled] if sale.cancelled is not None else sale.returns

    def _order_ids(self, sale: Sale) -> Json:
        online, number = sale.branch.online, sale.number
        token = self._ids.hexadecimal("order-token", number)
        return {
            "id": self.order_id(number),
            "admin_graphql_api_id": f"gid://shopify/Order/{self.order_id(number)}",
            "app_id": WEB_APP_ID if online else POS_APP_ID,
            "browser_ip": "192.0.2.17" if online else None,
            "cart_token": self._ids.hexadecimal("cart", number) if online else None,
            "checkout_id": CHECKOUT_BASE + number if online else None,
            "checkout_token": self._ids.hexadecimal("checkout", number) if online else None,
            "client_details": {
                "accept_language": "en-GB" if online else None,
                "browser_height": None,
                "browser_ip": "192.0.2.17" if online else None,
                "browser_width": None,
                "session_hash": None,
                "user_agent": None,
            },
            "confirmation_number": self._ids.token("confirmation", number, 9),
            "device_id": None if online else self.device_id(sale),
            "landing_site": "/" if online else None,
            "landing_site_ref": None,
            "location_id": None if online else self.location_id(sale.branch),
            "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
            "merchant_of_record_app_id": None,
            "name": f"#{1000 + number}",
            "number": number,
            "order_number": 1000 + number,
            "order_status_url": f"https://{DOMAIN}/orders/{token}",
            "po_number": None,
            "reference": None,
            "referring_site": "" if online else None,
            "source_identifier": None if online else f"{self.location_id(sale.branch)}-{sale.till}-{number}",
            "source_name": "web" if online else "pos",
            "source_url": None,
            "token": token,
            "user_id": self.staff_id(sale.staff),
        }

    def _order_state(self, sale: Sale) -> Json:
        created, updated = self.iso(sale.at_ms), self.iso(sale.updated_ms)
        voided = sale.state == "voided"
        return {
            "cancel_reason": "customer" if voided else None,
            "cancelled_at": updated if voided else None,
            "closed_at": None if sale.branch.online else created,
            "confirmed": True,
            "created_at": created,
            "estimated_taxes": False,
            "duties_included": False,
            "financial_status": _financial_status(sale),
            "fulfillment_status": "fulfilled" if sale.fulfilled or not sale.branch.online else None,
            "note": None,
            "note_attributes": self._note_attributes(sale),
            "processed_at": created,
            "tags": "",
            "tax_exempt": False,
            "taxes_included": True,
            "test": False,
            "updated_at": updated,
        }

    def _note_attributes(self, sale: Sale) -> list[Json]:
        """Where a till extension leaves the number of a loyalty card that was shown."""
        card = sale.account.loyalty_card if sale.account is not None and not sale.branch.online else None
        return [{"name": "loyalty_card", "value": card}] if card else []

    def _order_sums(self, sale: Sale) -> Json:
        """Totals as sold, and the `current_` ones after what came back since."""
        amounts = Amounts(sale.branch.currency, sale.presentment)
        goods = sum(line.total_minor for line in sale.lines)
        gone = self._refunds(sale)
        back = sum(part.total_minor for part in gone)
        tax, tax_back = sale.tax_minor, sum(part.tax_minor for part in gone)
        off = sale.discount_minor
        off_back = sum(line.discount_minor for part in gone for line in part.lines)
        voided = sale.state == "voided"
        sums: Json = {"currency": sale.branch.currency, "presentment_currency": sale.presentment}
        for name, minor in (
            ("subtotal_price", goods),
            ("total_discounts", off),
            ("total_line_items_price", goods + off),
            ("total_price", sale.total_minor),
            ("total_tax", tax),
            ("current_subtotal_price", 0 if voided else goods - back),
            ("current_total_discounts", 0 if voided else off - off_back),
            ("current_total_price", 0 if voided else sale.total_minor - back),
            ("current_total_tax", 0 if voided else tax - tax_back),
        ):
            sums[name] = amount_text(minor)
            sums[f"{name}_set"] = amounts.bag(minor)
        return sums | {
            "current_total_additional_fees_set": None,
            "current_total_duties_set": None,
            "original_total_additional_fees_set": None,
            "original_total_duties_set": None,
            "total_shipping_price_set": amounts.bag(sale.shipping_minor),
            "total_cash_rounding_payment_adjustment_set": amounts.bag(0),
            "total_cash_rounding_refund_adjustment_set": amounts.bag(0),
            "total_outstanding": "0.00",
            "total_tip_received": "0.00",
            "total_weight": 0,
        }

    def _order_people(self, sale: Sale) -> Json:
        account, online = sale.account, sale.branch.online
        email = account.email if account is not None else None
        address = None
        if online and account is not None:
            address = self.mailing_address(account)
        return {
            "buyer_accepts_marketing": account is not None and account.consent,
            "contact_email": email,
            "email": email or "",
            "phone": None,
            "customer_locale": "en-GB" if online else None,
            "customer": self.order_customer(account) if account is not None else None,
            "billing_address": address,
            "shipping_address": address,
        }

    def _discount_codes(self, sale: Sale) -> list[Json]:
        if not sale.coupon:
            return []
        return [{"code": sale.coupon, "amount": amount_text(sale.discount_minor), "type": "percentage"}]

    def _discount_applications(self, sale: Sale) -> list[Json]:
        if sale.coupon:
            return [
                {
                    "target_type": "line_item",
                    "type": "discount_code",
                    "value": "10.0",
                    "value_type": "percentage",
                    "allocation_method": "across",
                    "target_selection": "all",
                    "code": sale.coupon,
                }
            ]
        if not sale.discount_minor:
            return []
        return [
            {
                "target_type": "line_item",
                "type": "automatic",
                "value": "25.0",
                "value_type": "percentage",
                "allocation_method": "each",
                "target_selection": "entitled",
                "title": "Season sale",
            }
        ]

    def _tax_lines(self, lines: list[Line], presentment: str) -> list[Json]:
        amounts = Amounts("GBP", presentment)
        sums: dict[int, int] = {}
        for line in lines:
            sums[line.tax_per_mille] = sums.get(line.tax_per_mille, 0) + line.tax_minor
        return [
            {
                "price": amount_text(minor),
                "rate": per_mille / 1000,
                "title": "GB VAT",
                "price_set": amounts.bag(minor),
                "channel_liable": False,
            }
            for per_mille, minor in sorted(sums.items())
            if per_mille
        ]

    def line(self, sale: Sale, line: Line) -> Json:
        """A line item."""
        product, number = line.product, sale.number
        amounts = Amounts(sale.branch.currency, sale.presentment)
        quantity, line_id = line.quantity_milli // 1000, self.line_id(number, line)
        left = 0 if sale.state == "voided" else quantity - line.back_milli // 1000
        done = sale.fulfilled or not sale.branch.online
        staff = self.staff_id(sale.staff)
        return {
            "id": line_id,
            "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
            "attributed_staffs": (
                [{"id": f"gid://shopify/StaffMember/{staff}", "quantity": quantity}] if staff else []
            ),
            "current_quantity": left,
            "fulfillable_quantity": 0 if done else left,
            "fulfillment_service": "manual",
            "fulfillment_status": "fulfilled" if done else None,
            "gift_card": False,
            "grams": 250,
            "name": f"{product.name} - {product.variant}" if product.variant else product.name,
            "price": amount_text(line.unit_minor),
            "price_set": amounts.bag(line.unit_minor),
            "product_exists": True,
            "product_id": self.product_id(product),
            "properties": [],
            "quantity": quantity,
            "requires_shipping": sale.branch.online,
            "sku": product.sku,
            "taxable": line.tax_per_mille > 0,
            "title": product.name,
            "total_discount": "0.00",
            "total_discount_set": amounts.bag(0),
            "variant_id": self.variant_id(product),
            "variant_inventory_management": "shopify",
            "variant_title": product.variant or None,
            "vendor": "Harbour & Hearth",
            "tax_lines": self._tax_lines([line], sale.presentment),
            "duties": [],
            "discount_allocations": self._allocations(line, amounts),
        }

    def _allocations(self, line: Line, amounts: Amounts) -> list[Json]:
        if not line.discount_minor:
            return []
        return [
            {
                "amount": amount_text(line.discount_minor),
                "amount_set": amounts.bag(line.discount_minor),
                "discount_application_index": 0,
            }
        ]

    def _shipping_lines(self, sale: Sale) -> list[Json]:
        if not sale.branch.online:
            return []
        bag = Amounts(sale.branch.currency, sale.presentment).bag(sale.shipping_minor)
        return [
            {
                "id": self.order_id(sale.number) + 1,
                "carrier_identifier": None,
                "code": "Standard",
                "discounted_price": amount_text(sale.shipping_minor),
                "discounted_price_set": bag,
                "is_removed": False,
                "phone": None,
                "price": amount_text(sale.shipping_minor),
                "price_set": bag,
                "requested_fulfillment_service_id": None,
                "source": "shopify",
                "title": "Standard",
                "tax_lines": [],
                "discount_allocations": [],
            }
        ]

    def _refund_within(self, back: Return) -> Json:
        """A refund as its order carries it: with a little less and, in its lines, a little more."""
        refund = self.refund(back)
        sale = back.original
        assert sale is not None
        for name in _REFUND_ONLY:
            del refund[name]
        for transaction in refund["transactions"]:
            for name in _TRANSACTION_ONLY:
                del transaction[name]
        for held, line in zip(refund["refund_line_items"], back.lines, strict=True):
            held["line_item"] = self.line(sale, sale.lines[line.number - 1])
        return refund

    def refund(self, back: Return) -> Json:
        """A refund of some of an order's lines, wherever they were brought back."""
        sale = back.original
        if sale is None:
            raise ValueError("Shopify refunds name their order")
        refund_id, at = self.refund_id(back), self.iso(back.at_ms)
        amounts = Amounts(sale.branch.currency, sale.presentment)
        return {
            "id": refund_id,
            "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
            "order_id": self.order_id(sale.number),
            "created_at": at,
            "processed_at": at,
            "note": "Order cancelled" if back is sale.cancelled else "Returned goods",
            "user_id": self.staff_id(back.staff),
            "restock": True,
            "return": None,
            "duties": [],
            "additional_fees": [],
            "refund_shipping_lines": [],
            "order_adjustments": [],
            "total_duties_set": amounts.bag(0),
            "total_additional_fees_set": amounts.bag(0),
            "refund_line_items": [self._refund_line(sale, back, line) for line in back.lines],
            "transactions": [self._refund_transaction(sale, back)],
        }

    def _refund_line(self, sale: Sale, back: Return, line: Line) -> Json:
        amounts = Amounts(sale.branch.currency, sale.presentment)
        bare = self.line(sale, sale.lines[line.number - 1])
        del bare["attributed_staffs"], bare["current_quantity"]
        return {
            "id": LINE_BASE + back.number * LINES_PER_ORDER_MAX + line.number,
            "quantity": line.quantity_milli // 1000,
            "line_item_id": self.line_id(sale.number, line),
            "location_id": self.location_id(back.branch),
            "restock_type": "cancel" if back is sale.cancelled else "return",
            "subtotal": line.total_minor / 100,
            "total_tax": line.tax_minor / 100,
            "subtotal_set": amounts.bag(line.total_minor),
            "total_tax_set": amounts.bag(line.tax_minor),
            "line_item": bare,
        }

    def _refund_transaction(self, sale: Sale, back: Return) -> Json:
        """The money that goes back; with a cancelled order the carriage as well."""
        minor = sale.total_minor if back is sale.cancelled else back.total_minor
        return self._transaction(
            sale, TRANSACTION_BASE + 500_000_000 + back.number, "refund", minor, back.at_ms
        ) | {
            "parent_id": TRANSACTION_BASE + sale.payments[0].number,
        }

    def payment(self, sale: Sale, payment: Payment) -> Json:
        """The transaction a payment is."""
        number = TRANSACTION_BASE + payment.number
        return self._transaction(sale, number, "sale", payment.amount_minor, payment.at_ms)

    def _transaction(self, sale: Sale, id_: int, kind: str, minor: int, at_ms: int) -> Json:
        at = self.iso(at_ms)
        unsettled = {"amount": amount_text(minor), "currency": sale.branch.currency}
        return {
            "id": id_,
            "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{id_}",
            "order_id": self.order_id(sale.number),
            "kind": kind,
            "gateway": _GATEWAYS[sale.tender],
            "status": "success",
            "message": None,
            "created_at": at,
            "test": False,
            "authorization": None,
            "location_id": None if sale.branch.online else self.location_id(sale.branch),
            "user_id": self.staff_id(sale.staff),
            "parent_id": None,
            "processed_at": at,
            "device_id": None if sale.branch.online else self.device_id(sale),
            "error_code": None,
            "source_name": "web" if sale.branch.online else "pos",
            "receipt": {},
            "amount": amount_text(minor),
            "currency": sale.branch.currency,
            "payment_id": f"#{1000 + sale.number}.{id_ % 100}",
            "total_unsettled_set": {"presentment_money": unsettled, "shop_money": unsettled},
            "manual_payment_gateway": False,
            "amount_rounding": None,
        }

    def checkout(self, cart: Cart) -> Json:
        """A basket at the checkout, with the address the customer typed first: their e-mail."""
        token, at = self._ids.hexadecimal("checkout-token", cart.number), self.iso(cart.at_ms)
        goods = sum(line.total_minor for line in cart.lines)
        off = sum(line.discount_minor for line in cart.lines)
        return {
            "id": CHECKOUT_BASE + 500_000_000_000 + cart.number,
            "token": token,
            "cart_token": self._ids.hexadecimal("cart-token", cart.number),
            "email": cart.email,
            "phone": None,
            "gateway": None,
            "buyer_accepts_marketing": False,
            "created_at": at,
            "updated_at": at,
            "completed_at": None,
            "landing_site": "/",
            "note": None,
            "note_attributes": [],
            "referring_site": "",
            "name": f"#{token[:10]}",
            "currency": cart.branch.currency,
            "presentment_currency": cart.branch.currency,
            "customer_locale": "en-GB",
            "device_id": None,
            "location_id": None,
            "source_name": "web",
            "taxes_included": True,
            "total_weight": 0,
            "abandoned_checkout_url": f"https://{DOMAIN}/checkouts/{token}/recover",
            "discount_codes": [],
            "shipping_lines": [],
            "subtotal_price": amount_text(goods),
            "total_discounts": amount_text(off),
            "total_line_items_price": amount_text(goods + off),
            "total_price": amount_text(goods),
            "total_tax": amount_text(sum(line.tax_minor for line in cart.lines)),
            "total_duties": None,
            "tax_lines": self._tax_lines(cart.lines, cart.branch.currency),
            "line_items": [self._checkout_line(cart, line) for line in cart.lines],
            "customer": self.order_customer(cart.account) if cart.account is not None else None,
        }

    def _checkout_line(self, cart: Cart, line: Line) -> Json:
        product = line.product
        return {
            "key": self._ids.hexadecimal("checkout-line", cart.number * 16 + line.number),
            "product_id": self.product_id(product),
            "variant_id": self.variant_id(product),
            "title": product.name,
            "variant_title": product.variant or None,
            "presentment_title": product.name,
            "sku": product.sku,
            "vendor": "Harbour & Hearth",
            "quantity": line.quantity_milli // 1000,
            "price": amount_text(line.unit_minor),
            "line_price": amount_text(line.total_minor),
            "compare_at_price": None,
            "gift_card": False,
            "grams": 250,
            "requires_shipping": True,
            "taxable": line.tax_per_mille > 0,
            "properties": {},
            "applied_discounts": [],
        }


def _financial_status(sale: Sale) -> str:
    if sale.state == "voided":
        return "refunded" if sale.cancelled is not None else "voided"
    if not sale.returns:
        return "paid"
    back = sum(part.total_minor for part in sale.returns)
    return "refunded" if back >= sale.total_minor else "partially_refunded"
