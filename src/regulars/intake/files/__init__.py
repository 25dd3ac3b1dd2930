"""`regulars import`: files of sales, customers and products become events.

The way of a row: `facts` (what file is this) → a reader → `mapping`, `cells` (columns to fields) → `sales`,
`receipts` or `registers` (fields to events) → `run` (events to the gate).
"""

from .report import Report
from .run import Options, run_import

__all__ = ["Options", "Report", "run_import"]
