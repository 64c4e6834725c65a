"""The shop's words, one file per language: `texts/en.toml`, tables by page."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("texts")
Speak = Callable[..., str]
"""Return a text by its key, `page.name`, with what belongs into it."""


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are, by the names of the files."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def texts_of(language: str) -> dict[str, str]:
    """Return all texts of a language by key.

    Raises
    ------
    FileNotFoundError
        If there is no such file; `languages` are those there are.
    """
    tables = tomllib.loads((FOLDER / f"{language}.toml").read_text())
    return {
        f"{table}.{name}": text for table, texts in tables.items() for name, text in texts.items()
    }


def speaker(language: str) -> Speak:
    """Return what speaks a language; an unknown key is a KeyError."""
    texts = texts_of(language)

    def speak(key: str, **values: object) -> str:
        return texts[key].format(**values) if values else texts[key]

    return speak
