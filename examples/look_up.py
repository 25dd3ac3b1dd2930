"""Show a customer: python look_up.py jane@example.com. The key has the scopes profiles:read and pii:read."""

import os
import sys
from itertools import islice

from regulars.client import Client
from regulars.client.models import ProfileSearch

with Client(os.environ["SHOP_URL"], os.environ["SHOP_KEY"]) as client:
    profile = client.profiles.search(ProfileSearch(email=sys.argv[1])).first()
    if profile is None:
        sys.exit("Nobody has this e-mail.")
    print(profile.name or "No name is known", "-", profile.metrics.orders, "orders")
    for currency, minor in profile.metrics.spend_minor.items():
        print(f"Spent {minor / 100:.2f} {currency}")
    print("May be written to:", "yes" if profile.consent.get("email") == "granted" else "no")
    for entry in islice(client.profiles.timeline(profile.id), 5):
        print(f"{entry.occurred_at:%d.%m.%Y} {entry.type}")
