"""An application that tells what it got, as granian serves it by its own interface."""

import asyncio
import contextlib
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from web.rsgi import Served

told = []


@contextlib.asynccontextmanager
async def lifespan(_):
    yield {"from_start": "a lamp"}
    Path(os.environ["ENDED"]).write_text("ended")


async def take(request):
    """Take a body as it comes."""
    n_bytes = 0
    try:
        async for part in request.stream():
            n_bytes += len(part)
    except ClientDisconnect:
        told.append("cut off")
        return Response()
    return JSONResponse({"n_bytes": n_bytes})


async def show(request):
    scope = request.scope
    shown = {name: scope[name] for name in ("method", "path", "http_version", "scheme")}
    headers = [(n.decode(), v.decode()) for n, v in scope["headers"] if n.startswith(b"x-")]
    return JSONResponse(
        {
            **shown,
            "query_string": scope["query_string"].decode(),
            "headers": headers,
            "client": scope["client"][0],
            "state": request.state.from_start,
        }
    )


async def stream(_):
    async def parts():
        try:
            for n in range(1000):
                yield f"{n}\n"
                await asyncio.sleep(0.01)
        finally:
            told.append(f"left after {min(n, 1)}")

    return StreamingResponse(parts(), media_type="text/event-stream")


async def tell(_):
    return JSONResponse(told)


async def fail(_):
    raise RuntimeError("a bug")


def create():
    routes = [
        Route("/take", take, methods=["POST"]),
        Route("/show/{rest:path}", show),
        Route("/stream", stream),
        Route("/told", tell),
        Route("/fail", fail),
    ]
    ready = (203, [("x-from", "memory")], b"ready")
    app = Starlette(routes=routes, lifespan=lifespan)
    return Served(app, lambda request: ready if request.path == "/ready" else None)
