"""Style, scripts and icon, packed once; a path with the digest of its file never changes."""

import gzip
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from starlette.exceptions import HTTPException

from storefront.errors import PageRoute
from storefront.pages import STATIC

router = APIRouter(route_class=PageRoute)
FOREVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FileName = Annotated[str, Path(pattern="^[a-z.]{1,40}$")]


@cache
def files() -> dict[str, tuple[bytes, bytes]]:
    """Return all files by name, as they are and packed."""
    found = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    return {name: (content, gzip.compress(content, 9)) for name, content in found.items()}


@router.get("/static/{name}")
async def send_file(
    name: FileName, request: Request, accept_encoding: Annotated[str, Header()] = ""
) -> Response:
    """Send a file."""
    if name not in files():
        raise HTTPException(404)
    plain, packed = files()[name]
    headers = {"Vary": "Accept-Encoding"}
    if request.url.query:
        headers["Cache-Control"] = FOREVER
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
    content = packed if "gzip" in accept_encoding else plain
    return Response(content, headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])
