"""Talking to an OpenSearch cluster."""

import copy
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx2
import orjson

NOT_FOUND, TOO_MANY = 404, 429
N_TRIES = 8
LEAST_SECONDS = 0.001
FIRST_WAIT_SECONDS = 0.2
MAX_BULK_BYTES = 4_000_000
N_REASONS = 3
MAX_SAID = 1_000
Line = bytes | Mapping[str, Any]


class OpenSearchError(Exception):
    """The cluster can't be reached, or refuses a request; the message says why.

    Parameters
    ----------
    status
        Of the answer; None without one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class OpenSearch:
    """A cluster by its URL, which may hold a name and password. Threads may share it."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._client = httpx2.Client(base_url=url, timeout=timeout_seconds)
        self._seconds = timeout_seconds
        self._ends_at: float | None = None

    def within(self, seconds: float) -> "OpenSearch":
        """Return the same cluster for requests that together may take so long."""
        limited = copy.copy(self)
        limited._ends_at = time.monotonic() + seconds  # noqa: SLF001 - its own kind
        return limited

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send one body and return the answer.

        Raises
        ------
        OpenSearchError
            If there is none, or it is a refusal.
        """
        content = None if body is None else orjson.dumps(body)
        return self._send(method, path, content, "application/json")

    def lines(self, path: str, lines: Sequence[Line]) -> Any:  # noqa: ANN401 - JSON
        """Send a body of lines, each of them JSON; it raises as `request` does."""
        each = (line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
        content = b"".join(line + b"\n" for line in each)
        return self._send("POST", path, content, "application/x-ndjson")

    def _seconds_left(self) -> float:
        if self._ends_at is None:
            return self._seconds
        return max(self._ends_at - time.monotonic(), LEAST_SECONDS)

    def _send(self, method: str, path: str, content: bytes | None, kind: str) -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": kind}
        try:
            answer = self._client.request(
                method, path, content=content, headers=headers, timeout=self._seconds_left()
            )
            if answer.is_error:  # by the cluster or by what stands before it: JSON or not
                said = f"{method} {path}: {answer.status_code} {answer.text[:MAX_SAID]}"
                raise OpenSearchError(said, answer.status_code)
            return orjson.loads(answer.content)
        except (httpx2.HTTPError, ValueError) as error:
            raise OpenSearchError(f"{method} {path}: {error!r}") from error

    def bulk(
        self,
        index: str,
        rows: Iterable[tuple[bytes, bytes]],
        wait: Callable[[float], None] = time.sleep,
    ) -> int:
        """Write rows, two lines each, and return how many; a busy cluster is asked again, ever later.

        Raises
        ------
        OpenSearchError
            If a row is refused, the cluster stays busy or can't be reached.
        """
        n_written = 0
        for piece in _pieces(rows):
            left = piece
            for n_try in itertools.count():
                left = self._bulk_once(index, left)
                if not left:
                    break
                if n_try == N_TRIES:
                    raise OpenSearchError(f"{index}: the cluster stays busy", TOO_MANY)
                wait(FIRST_WAIT_SECONDS * 2**n_try)
            n_written += len(piece)
        return n_written

    def _bulk_once(self, index: str, rows: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Write rows and return those that the cluster was too busy for."""
        try:
            answer = self.lines(f"/{index}/_bulk", [line for row in rows for line in row])
        except OpenSearchError as error:
            if error.status != TOO_MANY:
                raise
            return rows
        told = [next(iter(each.values())) for each in answer["items"]]
        refused = [each for each in told if each["status"] >= 300 and each["status"] != TOO_MANY]
        if refused:
            reasons = "; ".join(f"{each['_id']}: {each['error']}" for each in refused[:N_REASONS])
            raise OpenSearchError(f"{index}: {len(refused)} rows are refused: {reasons}")
        return [row for row, each in zip(rows, told, strict=True) if each["status"] == TOO_MANY]


def _pieces(rows: Iterable[tuple[bytes, bytes]]) -> Iterator[list[tuple[bytes, bytes]]]:
    piece: list[tuple[bytes, bytes]] = []
    n_bytes = 0
    for row in rows:
        piece.append(row)
        n_bytes += sum(map(len, row))
        if n_bytes >= MAX_BULK_BYTES:
            yield piece
            piece, n_bytes = [], 0
    if piece:
        yield piece
