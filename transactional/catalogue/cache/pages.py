"""What anybody may see at one address, and what it was made of."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Page:
    """An answer's JSON, its strong ETag (quotes and all), and the tags of all that it shows.

    Whatever changes is told by tags (`tags`): a page that has one of them is wrong from then on.
    """

    body: bytes
    etag: str
    tags: frozenset[str]


def page_of(view: BaseModel, tags: Iterable[str], version: int | None = None) -> Page:
    """Return the page that shows `view`; its ETag begins with the `version`, for If-Match."""
    body = view.model_dump_json().encode()
    return Page(body, etag_of(body, version), frozenset(tags))


def etag_of(body: bytes, version: int | None = None) -> str:
    """Return an ETag that another body never has: `"7-<digest>"`, without a version `"<digest>"`."""
    digest = hashlib.blake2b(body, digest_size=9).hexdigest()
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'
