"""Build the icon sprite of the console from an unpacked @tabler/icons package.

Usage: build_icon_sprite.py PACKAGE_DIR OUT.svg. The names are the ones templates may use; a name that the package
lacks stops the build. Strokes carry no colour and no width: the style sheet sets both.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

NAMES = [
    "activity",
    "adjustments-horizontal",
    "alert-circle",
    "alert-triangle",
    "arrow-down-right",
    "arrow-right",
    "arrow-up-right",
    "arrows-split",
    "barcode",
    "bell",
    "bolt",
    "building-store",
    "cake",
    "calendar",
    "calendar-event",
    "cards",
    "chart-bar",
    "check",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle-check",
    "circle-x",
    "clock",
    "copy",
    "credit-card",
    "database",
    "device-desktop",
    "device-mobile",
    "dots",
    "download",
    "external-link",
    "eye",
    "eye-off",
    "filter",
    "fingerprint",
    "gift",
    "hash",
    "help-circle",
    "history",
    "id-badge-2",
    "inbox",
    "info-circle",
    "key",
    "layout-dashboard",
    "link",
    "list",
    "lock",
    "logout",
    "mail",
    "map-pin",
    "menu-2",
    "message",
    "message-circle",
    "moon",
    "package",
    "pencil",
    "phone",
    "player-pause",
    "player-play",
    "plug-connected",
    "plus",
    "receipt",
    "receipt-off",
    "receipt-refund",
    "refresh",
    "search",
    "send",
    "settings",
    "shield-check",
    "shopping-bag",
    "shopping-cart",
    "star",
    "sun",
    "table",
    "tag",
    "trash",
    "truck-return",
    "user",
    "user-circle",
    "users",
    "world",
    "x",
]

INVISIBLE = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


def symbol(name: str, package: Path) -> str:
    """One icon as a `<symbol>`: its shapes only, white space squeezed."""
    source = (package / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
    inner = source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")]
    shapes = re.sub(r"\s+", " ", INVISIBLE.sub("", inner)).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def main() -> None:
    package, out = Path(sys.argv[1]), Path(sys.argv[2])
    body = "\n".join(symbol(name, package) for name in sorted(set(NAMES)))
    out.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n', encoding="utf-8")


if __name__ == "__main__":
    main()
