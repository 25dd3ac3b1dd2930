"""A slip as an HTML document of its own, for a till that prints from a browser: nothing is loaded, nothing runs."""

from __future__ import annotations

from html import escape
from typing import Final

from regulars.console.i18n import _, current

from .bars import symbol
from .rows import Look, Row, sections
from .slip import Slip

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""The Content-Security-Policy that it is sent with."""
_STYLE: Final = """
@page { size: 72mm auto; margin: 3mm } body { inline-size: 66mm; margin: 0 auto; color: #000; background: #fff;
font: 12px/16px ui-monospace, monospace } p { display: flex; justify-content: space-between; gap: 8px; margin: 0;
overflow-wrap: anywhere } section + section { border-block-start: 1px dashed #000; margin-block-start: 6px;
padding-block-start: 6px } .strong, .heading { font-weight: 700 } .detail { padding-inline-start: 2ch }
.centre, .heading, .code { justify-content: center; text-align: center } b { font-weight: inherit; white-space: nowrap }
svg { display: block; margin: 4px auto; max-inline-size: 100% }
"""


def html(slip: Slip) -> str:
    """The slip on paper of 72 mm, in the reader's language."""
    body = "".join(f"<section>{''.join(map(_row, rows))}</section>" for rows in sections(slip))
    title = escape(_("Receipt %(number)s", number=slip.receipt))
    language = escape(str(current().locale).replace("_", "-"))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _row(row: Row) -> str:
    amount = f"<b>{escape(row.amount)}</b>" if row.amount else ""
    return f'{_code(row)}<p class="{row.look}"><span>{escape(row.text)}</span>{amount}</p>'


def _code(row: Row) -> str:
    if row.look is not Look.CODE:
        return ""
    drawn = symbol(row.text)
    return (
        f'<svg width="{drawn.width * drawn.scale}" height="{drawn.height * drawn.scale}" '
        f'viewBox="0 0 {drawn.width} {drawn.height}" shape-rendering="crispEdges" role="img" '
        f'aria-label="{escape(_("The code below, for a scanner"))}"><path d="{drawn.path}"/></svg>'
    )
