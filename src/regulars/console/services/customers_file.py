"""Customers as a CSV file that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from typing import Final

from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault
from regulars.vocabulary.money import to_major

from .audit_export import harmless
from .customers import CustomerPage, Wanted, list_customers
from .people import Person

CUSTOMERS_MAX: Final = 10_000
_COLUMNS: Final = (
    "id",
    "name",
    "email",
    "phone",
    "card",
    "sources",
    "orders",
    "returns",
    "main_store",
    "first_at",
    "last_at",
)
_SPEND: Final = ("spend", "currency", "further_spend")


async def customers_file(
    conn: AsyncConnection, vault: Vault, wanted: Wanted, *, clear: bool, spend: bool
) -> tuple[bytes, int]:
    """The newest customers that are wanted, 10,000 at most: the file, and how many are in it.

    Contacts are masked without `clear`, amounts left out without `spend`. Times are UTC, amounts in major units of
    the currency of most orders; others stand in `further_spend`.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS + (_SPEND if spend else ()))
    lines, mark = 0, None
    while lines < CUSTOMERS_MAX:
        page = await list_customers(
            conn, vault, order="newest", page=mark, clear=clear, spend=spend, wanted=wanted
        )
        for person in page.people[: CUSTOMERS_MAX - lines]:
            writer.writerow([*_cells(person, page), *(_amounts(person) if spend else ())])
            lines += 1
        mark = page.older
        if mark is None:
            break
    return out.getvalue().encode("utf-8", "replace"), lines


def _cells(person: Person, page: CustomerPage) -> list[str | int]:
    names = [page.sources[one].name if one in page.sources else str(one) for one in person.source_ids]
    texts = (person.name, person.email, person.phone, person.card, ", ".join(names))
    return [
        person.profile_id.hex,
        *(harmless(text or "") for text in texts),
        person.figures.orders,
        person.figures.returns,
        harmless(person.main_store or ""),
        person.first_at.astimezone(UTC).isoformat(),
        person.last_at.astimezone(UTC).isoformat() if person.last_at else "",
    ]


def _amounts(person: Person) -> tuple[str, str, str]:
    code, held = person.main_currency, person.figures.spend_minor
    more = ", ".join(f"{to_major(minor, one)} {one}" for one, minor in sorted(held.items()) if one != code)
    return (str(to_major(held.get(code, 0), code)), code, more) if code else ("", "", more)
