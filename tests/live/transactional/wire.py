"""A wire between a client and a server, on which a test can hold answers up."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def wire_to(port, before_answer):
    """Yield the port of a wire to a server's; `before_answer` is awaited before each piece it sends."""

    async def connect(from_client, to_client):
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            async with asyncio.TaskGroup() as both:
                both.create_task(carry(from_client, to_server))
                both.create_task(carry(from_server, to_client, before_answer))

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def carry(reader, writer, before=None):
    """Carry what comes until it ends, and end the other side then."""
    try:
        while piece := await reader.read(65536):
            if before is not None:
                await before()
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
