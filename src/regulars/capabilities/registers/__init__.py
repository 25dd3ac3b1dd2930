"""Registers: shops, products, staff and stock. Last writer by (occurred_at, event id)."""
