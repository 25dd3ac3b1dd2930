"""The page of metrics and log fields."""

from __future__ import annotations

from regulars.observe import LOG_FIELDS, METRICS
from regulars.observe.metrics import LABEL_VALUES_MAX, OTHER
from scripts.reference.markdown import cell, code, table

HEAD = f"""# Metrics and log lines

`GET /metrics` answers in the Prometheus text format. Times are in seconds. A label has at most
{LABEL_VALUES_MAX} values; what comes after is counted as `{OTHER}`. The usual `process_` and `python_` metrics
are there too.

"""

LOGS = """
## Log lines

One JSON object a line, on standard error. A field that is not in this table is withheld; anything that looks
like an e-mail address, a telephone or a card number is masked; of an exception only its class, its code and
where it happened are written.

"""


def page() -> str:
    """Every metric and every log field."""
    metrics = [
        (code(info.full_name), info.kind, ", ".join(map(code, info.labels)), cell(info.help))
        for info in METRICS
    ]
    fields = [(code(name), cell(text)) for name, text in LOG_FIELDS.items()]
    return (
        HEAD
        + table(("Metric", "Kind", "Labels", "Meaning"), metrics)
        + LOGS
        + table(("Field", "Holds"), fields)
    )
