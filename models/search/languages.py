"""Languages of catalogues whose words are known by their stems."""

from typing import Literal

Language = Literal[
    "arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian",
    "italian", "norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "tamil", "turkish",
]  # fmt: skip
"""Whose word endings are known (Snowball's stemmers)."""
ENGLISH: Language = "english"
