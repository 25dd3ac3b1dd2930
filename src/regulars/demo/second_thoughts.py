"""What becomes of a sale afterwards: it is cancelled, added to, shipped, or goods are brought back."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from .basket import part_of
from .retail import Edited, Fulfilled, Happening, Line, Return, Returned, Sale, Sold, Voided
from .till import Till
from .world import Branch, World

WITH_RECEIPT_SHARE: Final = 0.85
EXCHANGE_SHARE: Final = 0.25


class SecondThoughts:
    """Changes sales that were made. Each method is told the time it happens at."""

    def __init__(self, world: World, rng: Random, till: Till) -> None:
        self._world = world
        self._rng = rng
        self._till = till

    def where_to(self, sale: Sale) -> Branch:
        """Where a sale would be brought back: mostly where it came from, else a shop that takes its currency."""
        if sale.branch.online or self._rng.random() < 0.75:
            return sale.branch
        others = [
            branch
            for branch in self._world.branches
            if branch.currency == sale.branch.currency and not branch.online
        ]
        return others[int(self._rng.random() * len(others))]

    def cancel(self, sale: Sale, at_ms: int) -> Iterator[Happening]:
        """The sale is undone, before its payment was taken or after."""
        if sale.returns:
            return
        counted = sale.state == "completed"
        sale.state = "voided"
        self._touch(sale, at_ms)
        if sale.branch.system == "shopify" and self._rng.random() < 0.5:
            whole = [part_of(line, line.quantity_milli) for line in sale.lines]
            sale.cancelled = self._return(sale, sale.branch, whole, at_ms)
            sale.cancelled.original = sale
        if counted and sale.account is not None:
            sale.account.orders -= 1
            sale.account.spent_minor -= sale.total_minor
        yield Voided(sale, counted, at_ms)

    def add_forgotten(self, sale: Sale, at_ms: int) -> Iterator[Happening]:
        """One more thing, paid for by itself: the sale gets a higher version."""
        filled, _ = self._till.fill(sale.person, sale.branch, at_ms, None)
        bought = {line.product.number for line in sale.lines}
        added = [line for line in filled if line.product.number not in bought][:1]
        if not added or sale.state != "completed" or sale.returns or sale.exchange is not None:
            return
        added[0].number = len(sale.lines) + 1
        sale.lines += added
        sale.payments.append(self._till.payment(added[0].total_minor, at_ms))
        if sale.account is not None:
            sale.account.spent_minor += added[0].total_minor
        self._touch(sale, at_ms)
        yield Edited(sale, added, at_ms)

    def ship(self, sale: Sale, at_ms: int) -> Iterator[Happening]:
        """An online order leaves the warehouse."""
        if sale.state != "completed":
            return
        sale.fulfilled = True
        self._touch(sale, at_ms)
        yield Fulfilled(sale, at_ms)

    def bring_back(self, sale: Sale, branch: Branch, at_ms: int) -> Iterator[Happening]:
        """Some or all of a sale comes back; in a Square shop it may be exchanged for something else."""
        lines = self._chosen(sale)
        if sale.state != "completed" or not lines:
            return
        same_system = branch.system == sale.branch.system
        linked = same_system and (sale.branch.system == "shopify" or self._rng.random() < WITH_RECEIPT_SHARE)
        if linked and branch.system == "square" and self._rng.random() < EXCHANGE_SHARE:
            yield from self._exchange(sale, branch, lines, at_ms)
        elif linked:
            yield from self._with_receipt(sale, branch, lines, at_ms)
        elif branch.system == "square":
            yield from self._without_receipt(sale, branch, lines, at_ms)

    def _chosen(self, sale: Sale) -> list[Line]:
        """What is brought back: one line or all of them, a piece of it or all."""
        rng = self._rng
        lines = [line for line in sale.lines if line.back_milli == 0 and not line.product.weighed]
        if len(lines) > 1 and rng.random() < 0.7:
            lines = [lines[int(rng.random() * len(lines))]]
        chosen = []
        for line in lines:
            pieces = line.quantity_milli // 1000
            chosen.append((line, 1000 * (1 + int(rng.random() * pieces))))
        return [part_of(line, quantity) for line, quantity in chosen]

    def _with_receipt(self, sale: Sale, branch: Branch, lines: list[Line], at_ms: int) -> Iterator[Happening]:
        back = self._return(sale, branch, lines, at_ms)
        back.original, back.record = sale, sale.record
        back.account = sale.account
        self._take_back(sale, back, at_ms)
        yield Returned(back, at_ms)

    def _without_receipt(
        self, sale: Sale, branch: Branch, lines: list[Line], at_ms: int
    ) -> Iterator[Happening]:
        """Nobody knows which sale it was; the person may or may not be known."""
        account, saved = self._till.recognise(sale.person, branch, at_ms)
        if saved is not None:
            yield saved
        for number, line in enumerate(lines, 1):
            self._original_line(sale, line).back_milli += line.quantity_milli
            line.number = number
        back = self._return(sale, branch, lines, at_ms)
        back.card, back.account = None, account
        back.record = account.record if account is not None else None
        yield Returned(back, at_ms)

    def _exchange(self, sale: Sale, branch: Branch, lines: list[Line], at_ms: int) -> Iterator[Happening]:
        """Goods of at least the same worth are taken in return, on the same account or card as before."""
        back = self._return(sale, branch, lines, at_ms)
        back.original, back.record, back.account = sale, sale.record, sale.account
        wanted: list[Line] = []
        while sum(line.total_minor for line in wanted) < back.total_minor:
            for line in self._till.fill(sale.person, branch, at_ms, None)[0]:
                line.number = len(wanted) + 1
                wanted.append(line)
        new = self._till.sell(sale.person, branch, at_ms, sale.account, (wanted, None))
        new.card, new.tender, new.receipt_email, new.record = (
            sale.card,
            sale.tender,
            sale.receipt_email,
            sale.record,
        )
        new.exchange, back.exchanged = back, True
        due_minor = new.total_minor - back.total_minor
        new.payments = [self._till.payment(due_minor, at_ms)] if due_minor else []
        if not due_minor:  # Without a payment the till has only an account to name anybody by.
            new.customer_on_order = True
            new.record = new.account.record if new.account is not None else None
        self._take_back(sale, back, at_ms)
        if new.account is not None:
            new.account.orders += 1
            new.account.spent_minor += new.total_minor
        yield Sold(new, at_ms)

    def _return(self, sale: Sale, branch: Branch, lines: list[Line], at_ms: int) -> Return:
        return Return(
            number=self._till.next_number(),
            branch=branch,
            till=1 + int(self._rng.random() * branch.tills),
            staff=self._till.staff(branch),
            person=sale.person,
            at_ms=at_ms,
            original=None,
            lines=lines,
            account=None,
            card=sale.card,
            record=None,
        )

    def _take_back(self, sale: Sale, back: Return, at_ms: int) -> None:
        for line in back.lines:
            self._original_line(sale, line).back_milli += line.quantity_milli
        sale.returns.append(back)
        if sale.account is not None:
            sale.account.spent_minor -= back.total_minor
        if sale.branch.system == "shopify":  # Square leaves the order that was returned as it is
            self._touch(sale, at_ms)

    def _original_line(self, sale: Sale, line: Line) -> Line:
        return sale.lines[line.number - 1]

    def _touch(self, sale: Sale, at_ms: int) -> None:
        sale.version += 1
        sale.updated_ms = at_ms
