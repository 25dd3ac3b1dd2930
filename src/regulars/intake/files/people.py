"""Build the customer of a row or a receipt from the columns that are mapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regulars.vocabulary.events import Address, Customer

from .cells import Cells, Column
from .fields import CUSTOMER_KEYS, FIELDS
from .mapping import Mapping

Pick = Callable[[str], Any]
"""Gives the value of a column by its name in `CustomerColumns.columns`."""

_TRAIT = "trait "


class CustomerColumns:
    """The columns of a mapping that describe the customer."""

    def __init__(self, mapping: Mapping, cells: Cells) -> None:
        fields = FIELDS[mapping.kind]
        named = {name: fields[name].part for name in mapping.fields}
        self._own = [name for name, part in named.items() if part == "customer"]
        self._address = [name for name, part in named.items() if part == "address"]
        self._traits = list(mapping.traits)
        self.keys = [name for name in CUSTOMER_KEYS if name in named]
        self.columns = {name: Column(name, cells.field(name)) for name in (*self._own, *self._address)}
        for name, spec in mapping.traits.items():
            self.columns[_TRAIT + name] = Column(f"traits.{name}", cells.trait(spec))

    def build(self, pick: Pick) -> Customer | None:
        """The customer, or None when nothing tells who it is: a country alone is no customer."""
        own = {name: value for name in self._own if (value := pick(name)) is not None}
        if not any(name in own for name in self.keys):
            return None
        customer = Customer(**own)
        address = {name: value for name in self._address if (value := pick(name)) is not None}
        if address:
            customer.address = Address(**address)
        traits = {name: value for name in self._traits if (value := pick(_TRAIT + name)) is not None}
        if traits:
            customer.traits = traits
        return customer
