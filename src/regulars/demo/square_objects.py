"""Square's orders, payments and refunds as its API shows them.

Shapes follow Square's published API description of August 2025; amounts are minor units, quantities decimal
strings, VAT is of type INCLUSIVE. Every function renders the present state of what it is given.
"""

from __future__ import annotations

from typing import Any, Final

from .retail import Line, Payment, Return, Sale
from .square_register import CATALOG_VERSION, SquareRegister, iso, money
from .till import fingerprint
from .world import CHAIN, Branch

Json = dict[str, Any]

RING_UP_MS: Final = 20_000
"""An order is open this long before it is paid."""
CAPTURE_MS: Final = 1_200

_BRANDS: Final = (
    ("VISA", "411111", "CREDIT"), ("VISA", "400002", "DEBIT"), ("MASTERCARD", "555555", "CREDIT"),
    ("MASTERCARD", "520082", "DEBIT"), ("AMERICAN_EXPRESS", "378282", "CREDIT"),
)  # fmt: skip
_SOURCE_TYPES: Final = {"card": "CARD", "cash": "CASH", "gift_card": "CARD"}
_TENDER_TYPES: Final = {"card": "CARD", "cash": "CASH", "gift_card": "SQUARE_GIFT_CARD"}


def quantity_text(quantity_milli: int) -> str:
    """`"2"`, or `"0.35"` for weighed goods."""
    whole, rest = divmod(quantity_milli, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


class SquareObjects(SquareRegister):
    """Renders what happened. Holds nothing but the world."""

    def order_id(self, number: int) -> str:
        """The id of a sale's or a return's order."""
        return self._ids.mixed("order", number, 22).replace("-", "A").replace("_", "B") + "ZYXW"

    def payment_id(self, number: int) -> str:
        """The id of a payment."""
        return self._ids.mixed("payment", number, 25).replace("-", "A").replace("_", "B") + "ZY"

    def refund_id(self, back: Return) -> str:
        """The payment's id and an own part, as Square makes them."""
        own = self._ids.mixed("refund", back.number, 40).replace("_", "x")
        original = back.original
        return (
            f"{self.payment_id(original.payments[0].number)}_{own}" if original and original.payments else own
        )

    def version(self, sale: Sale) -> int:
        """1 while it is rung up, 2 when paid, one more for each change after."""
        return sale.version if sale.state == "open" else sale.version + 1

    def order(self, sale: Sale) -> Json:
        """A sale as an order; an exchange carries `returns` beside its `line_items`."""
        currency = sale.branch.currency
        order = self._order_head(sale.number, sale.branch, sale.at_ms - RING_UP_MS, sale.updated_ms)
        back = sale.exchange
        order |= {
            "line_items": [self._line(sale, line) for line in sale.lines],
            "taxes": self._taxes(sale.lines, currency),
            "discounts": self._discounts(sale),
            "state": {"open": "OPEN", "voided": "CANCELED", "completed": "COMPLETED"}[sale.state],
            "version": self.version(sale),
            "total_tax_money": money(sale.tax_minor, currency),
            "total_discount_money": money(sale.discount_minor, currency),
            "total_money": money(sale.total_minor, currency),
            "net_amounts": _amounts(
                sale.total_minor - (back.total_minor if back else 0),
                sale.tax_minor - (back.tax_minor if back else 0),
                sale.discount_minor,
                currency,
            ),
            "tenders": [self._tender(sale, payment) for payment in sale.payments],
            "net_amount_due_money": money(0, currency),
        }
        if sale.state != "open":
            order["closed_at"] = iso(sale.updated_ms)
        if sale.account is not None and sale.customer_on_order:
            order["customer_id"] = sale.account.id
        if back is not None:
            order["returns"] = [self._returned(back)]
            order["return_amounts"] = _amounts(back.total_minor, back.tax_minor, 0, currency)
        return order

    def return_order(self, back: Return) -> Json:
        """A return as the order of its own that Square makes of it."""
        currency = back.branch.currency
        order = self._order_head(back.number, back.branch, back.at_ms - RING_UP_MS, back.at_ms)
        order |= {
            "returns": [self._returned(back)],
            "return_amounts": _amounts(back.total_minor, back.tax_minor, 0, currency),
            "state": "COMPLETED",
            "version": 2,
            "closed_at": iso(back.at_ms),
            "total_tax_money": money(0, currency),
            "total_discount_money": money(0, currency),
            "total_money": money(0, currency),
            "net_amounts": _amounts(-back.total_minor, -back.tax_minor, 0, currency),
            "refunds": [self._order_refund(back)],
        }
        if back.account is not None:
            order["customer_id"] = back.account.id
        return order

    def _order_head(self, number: int, branch: Branch, created_ms: int, updated_ms: int) -> Json:
        currency = branch.currency
        return {
            "id": self.order_id(number),
            "location_id": self.location_id(branch),
            "source": {"name": "Point of Sale"},
            "created_at": iso(created_ms),
            "updated_at": iso(updated_ms),
            "total_tip_money": money(0, currency),
            "total_service_charge_money": money(0, currency),
        }

    def _line(self, sale: Sale, line: Line) -> Json:
        currency = sale.branch.currency
        item = self._goods(sale.number, line, currency) | {
            "uid": self._line_uid(sale.number, line),
            "gross_sales_money": money(line.gross_minor, currency),
        }
        if line.discount_minor:
            discount = self._discount_uid(sale, line)
            item["applied_discounts"] = [
                {
                    "uid": f"{item['uid']}D",
                    "discount_uid": discount,
                    "applied_money": money(line.discount_minor, currency),
                }
            ]
        return item

    def _goods(self, number: int, line: Line, currency: str) -> Json:
        """What a sold and a returned line have in common."""
        product = line.product
        item: Json = {
            "catalog_object_id": self.variation_id(product),
            "catalog_version": CATALOG_VERSION,
            "quantity": quantity_text(line.quantity_milli),
            "name": product.name,
            "variation_name": product.variant or "Regular",
            "item_type": "ITEM",
            "base_price_money": money(line.unit_minor, currency),
            "variation_total_price_money": money(line.gross_minor, currency),
            "total_tax_money": money(line.tax_minor, currency),
            "total_discount_money": money(line.discount_minor, currency),
            "total_money": money(line.total_minor, currency),
            "total_service_charge_money": money(0, currency),
        }
        if product.weighed:
            item["quantity_unit"] = {"measurement_unit": {"weight_unit": "METRIC_KILOGRAM"}, "precision": 3}
        if line.tax_per_mille:
            item["applied_taxes"] = [
                {
                    "uid": f"{self._line_uid(number, line)}T",
                    "tax_uid": f"vat-{line.tax_per_mille}",
                    "applied_money": money(line.tax_minor, currency),
                }
            ]
        return item

    def _line_uid(self, number: int, line: Line) -> str:
        return f"{self._ids.mixed('line', number, 18)}{line.number:02d}"

    def _taxes(self, lines: list[Line], currency: str) -> list[Json]:
        sums: dict[int, int] = {}
        for line in lines:
            if line.tax_per_mille:
                sums[line.tax_per_mille] = sums.get(line.tax_per_mille, 0) + line.tax_minor
        return [
            {
                "uid": f"vat-{per_mille}",
                "catalog_object_id": self._ids.token("tax", per_mille, 24),
                "catalog_version": CATALOG_VERSION,
                "name": "VAT",
                "percentage": f"{per_mille / 10:g}",
                "type": "INCLUSIVE",
                "scope": "LINE_ITEM",
                "applied_money": money(tax_minor, currency),
            }
            for per_mille, tax_minor in sorted(sums.items())
        ]

    def _discount_uid(self, sale: Sale, line: Line) -> str:
        return "coupon" if sale.coupon else f"markdown-{line.number}"

    def _discounts(self, sale: Sale) -> list[Json]:
        currency = sale.branch.currency
        common = {"type": "FIXED_PERCENTAGE"}
        if sale.coupon:
            applied = money(sale.discount_minor, currency)
            return [
                {
                    "uid": "coupon",
                    "name": sale.coupon,
                    "percentage": "10",
                    "scope": "ORDER",
                    "applied_money": applied,
                }
                | common
            ]
        return [
            {
                "uid": self._discount_uid(sale, line),
                "name": "Season sale",
                "percentage": "25",
                "scope": "LINE_ITEM",
                "applied_money": money(line.discount_minor, currency),
            }
            | common
            for line in sale.lines
            if line.discount_minor
        ]

    def _tender(self, sale: Sale, payment: Payment) -> Json:
        amount = money(payment.amount_minor, sale.branch.currency)
        tender: Json = {
            "id": self.payment_id(payment.number),
            "location_id": self.location_id(sale.branch),
            "transaction_id": self.order_id(sale.number),
            "created_at": iso(payment.at_ms),
            "amount_money": amount,
            "type": _TENDER_TYPES[sale.tender],
            "payment_id": self.payment_id(payment.number),
        }
        if sale.account is not None:
            tender["customer_id"] = sale.account.id
        if sale.tender == "cash":
            tender["cash_details"] = {
                "buyer_tendered_money": amount,
                "change_back_money": money(0, sale.branch.currency),
            }
        elif sale.card is not None:
            status = {"open": "AUTHORIZED", "voided": "VOIDED", "completed": "CAPTURED"}[sale.state]
            tender["card_details"] = {
                "status": status,
                "card": self._card(sale.card),
                "entry_method": "CONTACTLESS",
            }
        return tender

    def _returned(self, back: Return) -> Json:
        currency = back.branch.currency
        lines = []
        for line in back.lines:
            item = self._goods(back.number, line, currency) | {
                "uid": self._line_uid(back.number, line),
                "gross_return_money": money(line.gross_minor, currency),
            }
            if back.original is not None:
                item["source_line_item_uid"] = self._line_uid(back.original.number, line)
            lines.append(item)
        returned: Json = {
            "uid": self._ids.mixed("return", back.number, 22),
            "return_line_items": lines,
            "return_taxes": self._taxes(back.lines, currency),
            "return_amounts": _amounts(back.total_minor, back.tax_minor, 0, currency),
        }
        if back.original is not None:
            returned["source_order_id"] = self.order_id(back.original.number)
        return returned

    def _order_refund(self, back: Return) -> Json:
        refund: Json = {
            "id": self.refund_id(back),
            "location_id": self.location_id(back.branch),
            "transaction_id": self.order_id(back.number),
            "created_at": iso(back.at_ms),
            "reason": "Returned goods",
            "amount_money": money(back.total_minor, back.branch.currency),
            "status": "APPROVED",
        }
        if back.original is not None and back.original.payments:
            refund["tender_id"] = self.payment_id(back.original.payments[0].number)
        return refund

    def payment(self, sale: Sale, payment: Payment, status: str) -> Json:
        """A payment in one of its states: APPROVED, COMPLETED or CANCELED."""
        amount = money(payment.amount_minor, sale.branch.currency)
        payment_id = self.payment_id(payment.number)
        at_ms = payment.at_ms + (CAPTURE_MS if status == "COMPLETED" and sale.tender == "card" else 0)
        updated_ms = max(at_ms, sale.updated_ms) if status == "CANCELED" else at_ms
        body: Json = {
            "id": payment_id,
            "created_at": iso(payment.at_ms),
            "updated_at": iso(updated_ms),
            "amount_money": amount,
            "total_money": amount,
            "approved_money": amount,
            "status": status,
            "source_type": _SOURCE_TYPES[sale.tender],
            "location_id": self.location_id(sale.branch),
            "order_id": self.order_id(sale.number),
            "receipt_number": payment_id[:4],
            "receipt_url": f"https://squareup.example/receipt/preview/{payment_id}",
            "device_details": self._device(sale),
            "application_details": {"square_product": "SQUARE_POS", "application_id": self.application_id},
            "version_token": self._ids.mixed(f"token-{status}", payment.number, 45),
        }
        staff = self.team_member_id(sale.staff)
        if staff is not None:
            body |= {"team_member_id": staff, "employee_id": staff}
        if sale.account is not None:
            body["customer_id"] = sale.account.id
        if sale.receipt_email is not None:
            body["buyer_email_address"] = sale.receipt_email
        self._payment_means(body, sale, payment, status)
        self._payment_refunds(body, sale)
        return body

    def _payment_means(self, body: Json, sale: Sale, payment: Payment, status: str) -> None:
        if sale.tender == "cash":
            body["cash_details"] = {
                "buyer_supplied_money": body["amount_money"],
                "change_back_money": money(0, sale.branch.currency),
            }
            return
        timeline = {"authorized_at": iso(payment.at_ms)}
        if status != "APPROVED":
            timeline["captured_at" if status == "COMPLETED" else "voided_at"] = body["updated_at"]
        card = self._card(sale.card) if sale.card is not None else self._gift_card(payment)
        body["card_details"] = {
            "status": {"APPROVED": "AUTHORIZED", "COMPLETED": "CAPTURED", "CANCELED": "VOIDED"}[status],
            "card": card,
            "entry_method": "CONTACTLESS" if sale.number % 3 else "EMV",
            "cvv_status": "CVV_NOT_CHECKED",
            "avs_status": "AVS_NOT_CHECKED",
            "statement_description": f"SQ *{CHAIN.upper()}",
            "device_details": body["device_details"],
            "card_payment_timeline": timeline,
        }
        if status == "APPROVED":
            body["capabilities"] = [
                "EDIT_AMOUNT_UP",
                "EDIT_AMOUNT_DOWN",
                "EDIT_TIP_AMOUNT_UP",
                "EDIT_TIP_AMOUNT_DOWN",
            ]
            body |= {
                "delay_action": "CANCEL",
                "delay_duration": "PT36H",
                "delayed_until": iso(payment.at_ms + 36 * 3_600_000),
                "risk_evaluation": {"created_at": iso(payment.at_ms), "risk_level": "NORMAL"},
            }

    def _payment_refunds(self, body: Json, sale: Sale) -> None:
        backs = [back for back in sale.returns if not back.exchanged]
        if not backs:
            return
        body["refund_ids"] = [self.refund_id(back) for back in backs]
        body["refunded_money"] = money(sum(back.total_minor for back in backs), sale.branch.currency)
        body["updated_at"] = iso(backs[-1].at_ms)

    def refund(self, back: Return, status: str = "PENDING") -> Json:
        """A refund; without a receipt it is `unlinked` and names no payment."""
        refund: Json = {
            "id": self.refund_id(back),
            "status": status,
            "location_id": self.location_id(back.branch),
            "amount_money": money(back.total_minor, back.branch.currency),
            "order_id": self.order_id(back.number),
            "reason": "Returned goods",
            "created_at": iso(back.at_ms),
            "updated_at": iso(back.at_ms + 400),
            "version": 7,
        }
        staff = self.team_member_id(back.staff)
        if staff is not None:
            refund["team_member_id"] = staff
        if back.original is not None and back.original.payments:
            refund["payment_id"] = self.payment_id(back.original.payments[0].number)
        else:
            refund |= {"unlinked": True, "destination_type": "CASH"}
        return refund

    def _device(self, sale: Sale) -> Json:
        number = sale.branch.number * 100 + sale.till
        return {
            "device_id": f"device:{self._ids.token('device', number, 15)}",
            "device_installation_id": self._ids.uuid("installation", number),
            "device_name": f"Till {sale.till:02d}",
        }

    def _card(self, card: int) -> Json:
        kind = self._ids.small("brand", card, 10_000)
        brand, bin_, type_ = _BRANDS[kind % len(_BRANDS)]
        return {
            "card_brand": brand,
            "last_4": f"{kind:04d}",
            "exp_month": 1 + kind % 12,
            "exp_year": 2027 + kind % 4,
            "fingerprint": fingerprint(self._ids, card),
            "card_type": type_,
            "prepaid_type": "NOT_PREPAID",
            "bin": bin_,
        }

    def _gift_card(self, payment: Payment) -> Json:
        """Gift cards have no fingerprint: they are handed round."""
        return {
            "card_brand": "SQUARE_GIFT_CARD",
            "last_4": f"{self._ids.small('gift', payment.number, 10_000):04d}",
        }


def _amounts(total_minor: int, tax_minor: int, discount_minor: int, currency: str) -> Json:
    return {
        "total_money": money(total_minor, currency),
        "tax_money": money(tax_minor, currency),
        "discount_money": money(discount_minor, currency),
        "tip_money": money(0, currency),
        "service_charge_money": money(0, currency),
    }
