"""A seeded stream of events of all kinds about few customers, so that they keep meeting each other."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engine.world import Told

START = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
GIVEN = ["Jane", "Janet", "J.", "John", "Zoë", "Ольга", None]
CATEGORIES = ["Tea", "Coffee", "Gifts"]


class Stream:
    """Makes events; the same seed makes the same ones. `crowd`: so many share the shop's own address."""

    def __init__(self, seed: int, *, customers: int = 8, crowd: bool = False) -> None:
        self.chance = random.Random(seed)
        self.customers = customers
        self.crowd = crowd
        self.numbers = 0

    def events(self, count: int) -> list[Told]:
        """So many events, in the order of their making; some are word for word repeats under new ids."""
        makers = (
            [self.sale] * 6
            + [self.refund] * 2
            + [self.void, self.update, self.update, self.visit, self.delete]
        )
        makers += [self.consent, self.consent, self.product, self.store, self.staff, self.stock, self.other]
        out: list[Told] = []
        for _ in range(count):
            if out and self.chance.random() < 0.15:
                source_id, body = self.chance.choice(out)
                out.append((source_id, json.dumps(json.loads(body) | self.head()).encode()))
            else:
                out.append(self.chance.choice(makers)())
        return out

    def scrambled(self, told: list[Told]) -> list[list[Told]]:
        """The events in another order, some several times, cut into requests."""
        order = [*told, *self.chance.choices(told, k=len(told) // 4)]
        self.chance.shuffle(order)
        out: list[list[Told]] = []
        while order:
            size = self.chance.choice([1, 1, 2, 3, 5, 20, 60])
            out.append(order[:size])
            order = order[size:]
        return out

    def head(self) -> dict[str, Any]:
        """What every event begins with."""
        self.numbers += 1
        minutes = self.chance.randrange(60 * 24 * 20)
        return {"id": f"e-{self.numbers}", "occurred_at": (START + timedelta(minutes=minutes)).isoformat()}

    def customer(self) -> dict[str, Any]:
        """One of a few people, told of with some of what is known of them, right or not."""
        who = self.chance.randrange(self.customers)
        out: dict[str, Any] = {}
        if self.chance.random() < 0.8:
            out["external_id"] = f"c{who}"
        for name, values, often in (
            ("loyalty_card", [f"L{who}", f"L{who // 3}"], 0.3),
            ("email", [f"p{who}@example.com", f"P{who // 2}@Example.com"], 0.5),
            ("phone", [f"+4420794600{who:02}", f"020 7946 00{who // 2:02}"], 0.3),
            ("payment_token", [f"par_{who // 2}"], 0.2),
            ("anonymous_id", [f"a{who}", "tablet"], 0.2),
            ("device", ["d1"], 0.1),
            ("given_name", GIVEN, 0.5),
            ("family_name", ["Doe", "O'Neil"], 0.3),
            ("birth_date", ["1990-02-01", "1985-05-05"], 0.2),
            ("address", [{"line1": "1 High St", "postcode": "N1 1AA"}, {"city": "Leeds"}], 0.2),
            ("traits", [{"size": who, "tags": ["a", "b"]}, {"vip": True}], 0.2),
        ):
            if self.chance.random() < often:
                out[name] = self.chance.choice(values)
        if self.crowd and self.chance.random() < 0.7:
            out |= {"email": "shop@example.com", "given_name": f"Name{chr(97 + who)}"}
        return out

    def place(self) -> dict[str, Any]:
        out = {
            "store": self.chance.choice(["leeds", "york", None]),
            "till": self.chance.choice(["1", "2", None]),
        }
        out |= {
            "channel": self.chance.choice(["store", "online", None]),
            "staff": self.chance.choice(["1", "s-2", None]),
        }
        return out

    def lines(self) -> list[dict[str, Any]]:
        count = self.chance.randrange(3)
        skus = [self.chance.randrange(6) for _ in range(count)]
        quantities = ["1", "2", "0.250", "-1"]
        return [
            {
                "sku": f"S{n}",
                "name": f"Item {n}",
                "category": CATEGORIES[n % 3],
                "quantity": self.chance.choice(quantities),
                "total_minor": 100 * n,
            }
            for n in skus
        ]

    def _sale(self, kind: str, sale: dict[str, Any]) -> Told:
        body = self.head() | self.place() | {"type": kind}
        if self.chance.random() < 0.8:
            body["customer"] = self.customer()
        receipt = {
            "receipt": str(self.chance.randrange(8)),
            "currency": self.chance.choice(["GBP", "GBP", "JPY"]),
        }
        total = {
            "total_minor": self.chance.randrange(5_000),
            "lines": self.lines(),
            "version": self.chance.choice([1, 1, 2]),
        }
        body["sale"] = receipt | total | sale
        return self.chance.choice([1, 1, 2]), json.dumps(body).encode()

    def sale(self) -> Told:
        return self._sale("sale.completed", {})

    def refund(self) -> Told:
        named = {"original_receipt": str(self.chance.randrange(8))} if self.chance.random() < 0.7 else {}
        if named and self.chance.random() < 0.4:
            named |= {"original_store": self.chance.choice(["leeds", "york"])}
        return self._sale("sale.refunded", {"receipt": f"R{self.chance.randrange(9)}"} | named)

    def void(self) -> Told:
        return self._sale("sale.voided", {})

    def _about(self, kind: str, **more: Any) -> Told:
        body = self.head() | {"type": kind, "customer": self.customer()} | more
        return self.chance.choice([1, 2, 3]), json.dumps(body).encode()

    def update(self) -> Told:
        return self._about("customer.updated")

    def delete(self) -> Told:
        return self._about("customer.deleted")

    def visit(self) -> Told:
        who = {"anonymous_id": f"a{self.chance.randrange(self.customers)}"}
        return self._about("page.viewed", customer=who, properties={"url": "https://shop.example/"})

    def other(self) -> Told:
        return self._about("custom.quiz", properties={"answer": 42})

    def consent(self) -> Told:
        said = {
            "channel": self.chance.choice(["email", "sms", "push"]),
            "purpose": self.chance.choice(["marketing", "news"]),
        }
        if said["channel"] == "email" and self.chance.random() < 0.5:
            said["address"] = f"p{self.chance.randrange(3)}@example.com"
        customer = self.customer() | {"external_id": f"c{self.chance.randrange(4)}"}
        return self._about(
            self.chance.choice(["consent.given", "consent.withdrawn"]), consent=said, customer=customer
        )

    def product(self) -> Told:
        about = {
            "sku": f"S{self.chance.randrange(6)}",
            "name": f"Name {self.chance.randrange(9)}",
            "price_minor": 5,
        }
        return self._about("product.updated", product=about)

    def store(self) -> Told:
        return self._about(
            "store.updated", store_details={"code": "leeds", "name": f"Leeds {self.chance.randrange(9)}"}
        )

    def staff(self) -> Told:
        details = {
            "code": self.chance.choice(["1", "s-2"]),
            "given_name": "Quentin",
            "active": self.chance.random() < 0.5,
        }
        return self._about("staff.updated", staff_details=details)

    def stock(self) -> Told:
        quantity = self.chance.choice(["1", "2.5", "-3"])
        return self._about(
            "stock.updated",
            store="leeds",
            stock={"sku": f"S{self.chance.randrange(3)}", "quantity": quantity},
        )
