"""What the program tells its operator: log lines without personal data, and metrics.

A leaf: it is set up once by `app` and handed to whoever reports something. Rules never import it.
"""

from __future__ import annotations

from regulars.observe.logs import LOG_FIELDS, configure_logging, get_logger, mask
from regulars.observe.metrics import METRICS, MetricInfo, Metrics

__all__ = ["LOG_FIELDS", "METRICS", "MetricInfo", "Metrics", "configure_logging", "get_logger", "mask"]
