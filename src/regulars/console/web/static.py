"""Static files over HTTP."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from .deps import WebRequest
from .desk import AtDesk
from .security import HEADERS

_FOR_EVER = "public, max-age=31536000, immutable"


@get("/static/{name:str}", include_in_schema=False)
async def static_file(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[bytes]:
    """A file by the name that carries its hash. Raises NotFound."""
    asset = desk.assets.served(name)
    headers = {**HEADERS, "Cache-Control": _FOR_EVER, "ETag": asset.etag, "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if asset.etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    body = asset.body
    if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers = asset.packed, {**headers, "Content-Encoding": "gzip"}
    return Response(body, headers=headers, media_type=asset.media_type)
