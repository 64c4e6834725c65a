"""Passwords, hashed by Argon2 off the event loop."""

import asyncio
from dataclasses import dataclass

from pwdlib import PasswordHash


@dataclass(frozen=True)
class Passwords:
    """Hashes and verifies; `decoy` is the hash an unknown account is checked against."""

    hasher: PasswordHash
    decoy: str

    @classmethod
    def recommended(cls) -> "Passwords":
        """Return Argon2id with the library's recommended cost."""
        return cls.of(PasswordHash.recommended())

    @classmethod
    def of(cls, hasher: PasswordHash) -> "Passwords":
        """Return passwords hashed by `hasher`."""
        return cls(hasher, hasher.hash("the decoy's password"))

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await asyncio.to_thread(self.hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password is right; None costs the same time and is always wrong."""
        right = await asyncio.to_thread(self.hasher.verify, password, password_hash or self.decoy)
        return right and password_hash is not None
