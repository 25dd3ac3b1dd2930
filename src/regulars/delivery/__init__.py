"""What a turn wanted done outside gets done here: claimed from the outbox, sent with bounds, answered as events."""

from __future__ import annotations

from regulars.delivery.runner import Delivery

__all__ = ["Delivery"]
