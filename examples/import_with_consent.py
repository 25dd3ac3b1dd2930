"""Bring in the readers of a newsletter, each with what they agreed to: python import_with_consent.py FILE.csv"""

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from regulars.client import Client
from regulars.client.models import Customer, Event, IncomingConsent

TEXT = "Yes, send me offers by e-mail. I can withdraw this at any time."


def events(rows: Iterable[dict[str, str]]) -> Iterator[Event]:
    """Who each reader is, and their yes. The ids stay the same, so the file may be sent again."""
    for row in rows:
        number, agreed_at = row["number"], datetime.fromisoformat(row["agreed_at"])
        customer = Customer(external_id=number, email=row["email"], given_name=row["given_name"])
        yes = IncomingConsent(channel="email", address=row["email"], text=TEXT)
        yield Event(id=f"reader-{number}", type="customer.updated", occurred_at=agreed_at, customer=customer)
        yield Event(
            id=f"consent-{number}",
            type="consent.given",
            occurred_at=agreed_at,
            customer=customer,
            consent=yes,
        )


with (
    Client(os.environ["SHOP_URL"], os.environ["SHOP_KEY"]) as client,
    Path(sys.argv[1]).open(encoding="utf-8", newline="") as file,
):
    counts = {"applied": 0, "duplicate": 0, "rejected": 0}
    for event, result in client.events.send_each(events(csv.DictReader(file))):
        counts[result.status] += 1
        if result.error is not None:
            print(f"{event.id}: {result.error.message}", file=sys.stderr)
print(", ".join(f"{number} {status}" for status, number in counts.items()))
