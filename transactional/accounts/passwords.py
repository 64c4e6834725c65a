"""Passwords, hashed by Argon2 off the event loop."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from pwdlib import PasswordHash

Result = TypeVar("Result")

HASHING = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="argon2")
"""A rush of log-ins waits for its turn here and leaves the other cores to orders."""


@dataclass(frozen=True)
class Passwords:
    """Hashes and verifies; `decoy` is the hash an unknown account is checked against."""

    hasher: PasswordHash
    decoy: str

    @classmethod
    @cache
    def recommended(cls) -> "Passwords":
        """Return Argon2id with the library's recommended cost."""
        return cls.of(PasswordHash.recommended())

    @classmethod
    def of(cls, hasher: PasswordHash) -> "Passwords":
        """Return passwords hashed by `hasher`."""
        return cls(hasher, hasher.hash("the decoy's password"))

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await _off_the_loop(lambda: self.hasher.hash(password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password is right; None or "" costs the same time and is always wrong."""
        known = password_hash or self.decoy
        right = await _off_the_loop(lambda: self.hasher.verify(password, known))
        return right and bool(password_hash)


async def _off_the_loop(work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(HASHING, work)
