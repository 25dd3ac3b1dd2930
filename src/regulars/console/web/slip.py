"""The page a slip is printed from, for the desk and the store's screens alike."""

from __future__ import annotations

from litestar import Response

from regulars.console.receipts.bars import symbol
from regulars.console.receipts.rows import sections
from regulars.console.receipts.slip import Slip

from .deps import WebRequest
from .templating import Pages


def slip_page(pages: Pages, request: WebRequest, slip: Slip, *, back: str) -> Response[bytes]:
    """The slip on a page of its own, without the shell; `back` is the path of ours that its link leads to.

    Whoever asks for it must be allowed to see the sale and the member's points; that is not looked at here.
    """
    parts = sections(slip)
    return pages.page(
        request, "pages/slip.html", receipt=slip.receipt, sections=parts, symbol=symbol, back=back
    )
