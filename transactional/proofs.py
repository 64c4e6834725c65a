"""Codes sent by mail that prove that its reader is who asked.

A code is made of its row's id by a keyed digest: it is nowhere at rest, a mail that is sent twice holds
the same one, and the row tells until when and whether it is still good.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

CODE = re.compile(r"([0-9]{1,18})-([0-9a-f]{40})")


@dataclass(frozen=True)
class ProofSigner:
    """Makes and reads codes; `secret` is the shop's."""

    secret: str

    def code(self, proof_id: int) -> str:
        """Return the code of a proof: its id and 160 bits of HMAC-SHA256."""
        message = f"proof {proof_id}".encode()
        digest = hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        return f"{proof_id}-{digest[:40]}"

    def proof_id(self, code: str) -> int | None:
        """Return the id of the proof a code is of; None if we did not make it."""
        found = CODE.fullmatch(code)
        if found is None:
            return None
        proof_id = int(found[1])
        return proof_id if hmac.compare_digest(self.code(proof_id), code) else None
