"""What a turn wanted done outside gets done here: claimed from the outbox, sent with bounds, answered as events."""

from __future__ import annotations

from regulars.delivery.posting import Poster
from regulars.delivery.runner import Delivery
from regulars.delivery.telling import Teller

__all__ = ["Delivery", "Poster", "Teller"]
