"""Loyalty: what members earn, hold and spend, by rules a retailer writes, in books that balance."""
