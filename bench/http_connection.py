"""HTTP on a bare asyncio protocol: what a load costs is taken from the cores that it loads."""

import asyncio


class Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes, bytes]] | None = None
        self._transport: asyncio.Transport | None = None
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._buffer[:end]).lower()
        start = head.index(b"content-length:") + 15
        line_end = head.find(b"\r", start)
        n_bytes = int(head[start : line_end if line_end >= 0 else len(head)])
        if len(self._buffer) < end + 4 + n_bytes:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + n_bytes])
        del self._buffer[: end + 4 + n_bytes]
        answer, self._answer = self._answer, None
        if not answer.done():
            answer.set_result((int(head[9:12]), head, body))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail what waits."""
        self.is_closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed"))

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send a request and return the answer's status, head and body.

        Raises
        ------
        ConnectionError
            If there is no connection, or no more.
        """
        if self._transport is None or self.is_closed:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer
