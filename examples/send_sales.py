"""Send the sales of a till. SHOP_URL and SHOP_KEY say where to; the key has the scope events:write."""

import os
from datetime import UTC, datetime

from regulars.client import Client
from regulars.client.models import Customer, Event, Line, Sale, Tender

coffee = Line(sku="COF-1", name="Premium coffee", category="Coffee", unit_price_minor=899, total_minor=899)
sale = Sale(receipt="R-1001", currency="GBP", total_minor=899, lines=[coffee])
sale.tenders = [Tender(kind="card", amount_minor=899)]
event = Event(
    id="R-1001",  # sent twice, it counts once
    type="sale.completed",
    occurred_at=datetime(2026, 3, 2, 10, 15, tzinfo=UTC),
    channel="store",
    store="london-1",
    till="07",
    customer=Customer(loyalty_card="L0001", email="jane@example.com", given_name="Jane"),
    sale=sale,
)

with Client(os.environ["SHOP_URL"], os.environ["SHOP_KEY"]) as client:
    sent = client.events.send([event])  # as many as you like
print(f"{sent.applied} taken, {sent.duplicates} sent before")
for bad in sent.rejected:
    print(f"{bad.event.id} was rejected: {bad.message} ({bad.field})")
