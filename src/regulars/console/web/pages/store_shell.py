"""What keeps the store's shell up while the network is away: a service worker, the page it shows, a sign of life.

None of it knows of a customer or needs a session: the worker keeps style, scripts and an empty page.
"""

from __future__ import annotations

import json
from typing import Any

from litestar import Response, get

from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk
from regulars.console.web.security import HEADERS

OFFLINE_PAGE = "/store/offline"
_WORKER = "js/store_worker.js"
_KEPT = (
    "console.css", "door.css", "store.css", "vendor.js", "js/console.js", "js/store.js",
    "mark.svg", "vendor/icons.svg", "vendor/inter-latin.woff2",
)  # fmt: skip


@get("/store/sw.js", include_in_schema=False)
async def worker(desk: AtDesk) -> Response[bytes]:
    """The service worker, headed by the files of this release, so that a new release is a new worker."""
    files = json.dumps([desk.assets.url(name) for name in _KEPT])
    code = desk.assets.served(desk.assets.url(_WORKER).rpartition("/")[2]).body
    body = f"const FILES = {files};\nconst OFFLINE = {json.dumps(OFFLINE_PAGE)};\n".encode() + code
    headers = {**HEADERS, "Cache-Control": "no-cache", "Service-Worker-Allowed": "/store"}
    return Response(body, headers=headers, media_type="text/javascript; charset=utf-8")


@get(OFFLINE_PAGE, include_in_schema=False)
async def offline(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What a page opened without network shows."""
    return desk.pages.page(request, "store/offline.html")


@get("/store/ping", include_in_schema=False)
async def ping() -> Response[bytes]:
    """Tells a page that the server can be reached again; says nothing of the session and does not prolong it."""
    return Response(b"", status_code=204, headers={"Cache-Control": "no-store"})


HANDLERS = (worker, offline, ping)
