"""A slip as bytes for a receipt printer that speaks ESC/POS: text, bars or QR codes, cut."""

from __future__ import annotations

import logging
import os
import shutil
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from .bars import fits_bars
from .columns import char_width
from .slip import Slip
from .text import Printed, printed

if TYPE_CHECKING:
    from escpos.printer import Dummy

_BARS_HEIGHT_DOTS: Final = 80
_MODULE_DOTS: Final = 2
_QR_DOTS: Final = 6
_MEMORY: Final = "ESCPOS_CAPABILITIES_PICKLE_DIR"


def escpos(slip: Slip) -> bytes:
    """The slip in the reader's language, from initialising the printer to the cut.

    For paper of 80 mm and printers whose code pages are numbered as most are. A character that no code page has
    becomes one question mark for each of its columns. Nothing of a slip's texts reaches the printer as a command.
    """
    printer = _printer()()
    printer.hw("INIT")
    for line in printed(slip):
        _print(printer, line)
    printer.cut()
    return bytes(printer.output)


def _print(printer: Any, line: Printed) -> None:
    if line.code:
        printer.set(align="center")
        printer.draw(line.code)
        printer.set(align="left")
    if line.strong:
        printer.set(bold=True)
    for chinese, run in groupby(line.text, _is_chinese):
        part = "".join(run)
        printer.text(part if chinese else "".join(_printable(printer, char) for char in part))
    printer.text("\n")
    if line.strong:
        printer.set(bold=False)


def _is_chinese(char: str) -> bool:
    """Whether the library sends it as GB 18030, past the code pages."""
    return "\u4e00" <= char <= "\u9fa5"


def _printable(printer: Any, char: str) -> str:
    known = char.isascii() or printer.magic.encoder.find_suitable_encoding(char) is not None
    return char if known else "?" * char_width(char)


@cache
def _printer() -> type[Dummy]:
    """The library's printer that keeps what it is sent, able to draw codes.

    Imported when the first slip is printed: it takes a quarter of a second, for images we do not use. The import
    also gives the root logger a handler and leaves a folder of its memory behind; both are undone.
    """
    root = logging.getLogger()
    handlers = list(root.handlers)
    from escpos import capabilities
    from escpos.printer import Dummy

    root.handlers[:] = handlers
    if _MEMORY not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)

    class Paper(Dummy):  # type: ignore[misc]  # the library has no types
        def draw(self, code: str) -> None:
            """Bars of a code, or its QR code; the library's own way prints to our output when it draws bars."""
            if not fits_bars(code):
                self.qr(code, size=_QR_DOTS, native=True)
                return
            self._hw_barcode(
                "{B" + code.replace("{", "{{"),
                "CODE128",
                _BARS_HEIGHT_DOTS,
                _MODULE_DOTS,
                pos="OFF",
                align_ct=False,
                function_type="B",
            )

    return Paper
