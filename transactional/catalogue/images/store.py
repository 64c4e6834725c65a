"""The folder of pictures, on a disk or wherever fsspec reaches, each named by what it holds."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

from web.problems import UnavailableProblem

Result = TypeVar("Result")


@dataclass(frozen=True)
class ImageStore:
    """Writes and reads files by the SHA-256 of their content; a file, once there, never changes."""

    filesystem: AbstractFileSystem
    folder: str

    @classmethod
    def at(cls, url: str) -> "ImageStore":
        """Return the store at a path or URL, such as `/srv/images` or `s3://bucket/images`.

        Raises
        ------
        ValueError
            If the package that speaks to such a URL is not installed; it is named.
        """
        try:
            filesystem, folder = url_to_fs(url)
        except ImportError as error:
            raise ValueError(f"IMAGES_URL {url}: {error}. Or give a folder.") from error
        return cls(filesystem, folder)

    async def write(self, sha256: str, content: bytes) -> None:
        """Store a file, unless it is there.

        Raises
        ------
        UnavailableProblem
            If it cannot be stored now.
        """
        await self._do(lambda: self._write(self._path(sha256), content))

    async def read(self, sha256: str) -> bytes | None:
        """Return a file; None if there is none.

        Raises
        ------
        UnavailableProblem
            If it cannot be read now.
        """
        try:
            return await self._do(lambda: bytes(self.filesystem.cat_file(self._path(sha256))))
        except FileNotFoundError:
            return None

    async def delete(self, sha256: str) -> None:
        """Delete a file, if it is there."""
        try:
            await self._do(lambda: self.filesystem.rm_file(self._path(sha256)))
        except FileNotFoundError:
            return

    def _write(self, path: str, content: bytes) -> None:
        """Write aside and rename: a reader finds a whole file or none."""
        if self._n_bytes(path) == len(content):  # else a crash of the machine cut it off
            return
        aside = f"{path}.{uuid.uuid4().hex}"
        self.filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
        self.filesystem.pipe_file(aside, content)
        self.filesystem.mv(aside, path)

    def _n_bytes(self, path: str) -> int | None:
        try:
            return int(self.filesystem.info(path)["size"])
        except FileNotFoundError:
            return None

    def _path(self, sha256: str) -> str:
        return f"{self.folder}/{sha256[:2]}/{sha256}"

    async def _do(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.to_thread(work)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UnavailableProblem("Images cannot be reached now. Try again shortly.") from error
