"""A catalogue with a reward of each kind, for programmes that have a tier called gold."""

from __future__ import annotations

REWARDS = """
[[reward]]
code = "mug"
name = "A mug"
point = "points"
points = 200
kind = "product"
sku = "S2"
cash_minor = { GBP = 100 }
[[reward]]
code = "tenth"
name = "A tenth off"
point = "points"
points = 50
kind = "percentage"
percent = 10
[[reward]]
code = "later"
name = "2 off next time"
point = "points"
points = 100
kind = "voucher"
value_minor = { GBP = 200 }
valid_days = 30
[[reward]]
code = "gala"
name = "The gala"
point = "points"
points = 10
kind = "amount_off"
value_minor = { GBP = 100 }
tiers = ["gold"]
"""
