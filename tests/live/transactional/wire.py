"""A wire between a client and a server, on which a test can hold answers up."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def wire_to(port, before_answer):
    """Yield the port of a wire to a server's; `before_answer` is awaited before each piece it sends."""
    calls = set()

    async def connect(from_client, to_client):
        calls.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
            there = asyncio.create_task(carry(from_client, to_server))
            await carry(from_server, to_client, before_answer)
            await there

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for call in calls:
            call.cancel()


async def carry(reader, writer, before=None):
    """Carry what comes until it ends, and end the other side then."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            if before is not None:
                await before()
            writer.write(piece)
            await writer.drain()
    writer.close()
