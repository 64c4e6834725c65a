"""Features as an answer had them, packed into a column of the log `answers`."""

from base64 import b64decode, b64encode
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Served = NDArray[np.float32]


def pack_served(rows: NDArray[np.floating]) -> str:
    """Return rows of features as text: base64 of little-endian float32, row by row."""
    return b64encode(rows.astype("<f4").tobytes()).decode()


def unpack_served(packed: str, names: Sequence[str]) -> Served:
    """Return packed rows, shape (n_rows, len(names)); none where there are no names.

    Raises
    ------
    ValueError
        If the text does not hold whole rows of so many features.
    """
    values = np.frombuffer(b64decode(packed, validate=True), "<f4")
    return values.reshape(-1, len(names)) if names else values.reshape(0, 0)


def split(text: str) -> list[str]:
    """Return what commas separate; nothing of an empty text."""
    return text.split(",") if text else []
