"""Pages as HTTP: validators, what caches on the way may do, and how old answers are marked.

RFC 9110 for ETag and If-None-Match, 9111 for Cache-Control and Age, 5861 for what stale answers
may be used for, 9211 for Cache-Status (`Warning`, which older texts name, is obsolete by 9111).
"""

from dataclasses import dataclass

from fastapi import Response

from transactional.catalogue.cache.pages import Page
from web.rsgi import ReadyAnswer
from web.shortcuts import JSON, NOT_MODIFIED, Answer, all_headers

PRODUCT = "product"
PLACES = "places"
LISTING = "listing"
SEVERAL = "several"
"""Products by their ids: nothing that is kept, but put together for each who asks."""
CATEGORIES = "categories"
FRESH = {
    PRODUCT: "public, max-age=2, stale-while-revalidate=5, stale-if-error=86400",
    PLACES: "public, max-age=2, stale-while-revalidate=5, stale-if-error=86400",
    SEVERAL: "public, max-age=2, stale-while-revalidate=5, stale-if-error=86400",
    LISTING: "public, max-age=5, stale-while-revalidate=30, stale-if-error=86400",
    CATEGORIES: "public, max-age=5, stale-while-revalidate=30, stale-if-error=86400",
}
"""By kind of page. What a cache on the way may show is at most the two first together old, in seconds."""
STALE = "public, max-age=1, stale-if-error=86400"
OWN = {"Cache-Control": "private, no-store", "Vary": "Authorization"}
"""Headers of what not everybody may see, or who may change it asked for."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A page, ready to send; and what says that the caller has it."""

    etag: bytes
    whole: Answer
    unchanged: Answer
    ready_whole: ReadyAnswer
    ready_unchanged: ReadyAnswer

    def ready_to(self, if_none_match: bytes | None) -> ReadyAnswer:
        """Return the same answer as `to`, as it is sent before the application is asked."""
        if if_none_match is None or not matches(if_none_match, self.etag):
            return self.ready_whole
        return self.ready_unchanged

    def to(self, if_none_match: bytes | None) -> Answer:
        """Return the answer to who has pages of these ETags; None: of none."""
        if if_none_match is None or not matches(if_none_match, self.etag):
            return self.whole
        return self.unchanged


def fresh_answers(kind: str, page: Page) -> Answers:
    """Return a page's answers while it is as the truth is."""
    return _answers(page, ((b"cache-control", FRESH[kind].encode()), *_vary(kind)))


def stale_answers(kind: str, page: Page, age_seconds: float, late_seconds: float) -> Answers:
    """Return the answers of a page that cannot be checked now, marked as such.

    Parameters
    ----------
    age_seconds
        Since it was read from the truth.
    late_seconds
        Since it was known to be right.
    """
    told = f"shop; hit; ttl=-{late_seconds:.0f}; detail=stale-if-error"
    marks = ((b"age", f"{age_seconds:.0f}".encode()), (b"cache-status", told.encode()))
    return _answers(page, ((b"cache-control", STALE.encode()), *_vary(kind), *marks))


def partial_answers(page: Page) -> Answers:
    """Return the answers of a page that lacks what could not be read now."""
    return _answers(page, ((b"cache-control", b"no-store"),))


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Tell whether an If-None-Match names that ETag; caches that compress call it weak."""
    if if_none_match == etag:
        return True
    names = (each.strip().removeprefix(b"W/") for each in if_none_match.split(b","))
    return any(each in (etag, b"*") for each in names)


def response_of(answer: Answer) -> Response:
    """Return an answer as the framework sends it."""
    media_type = None if answer.status == NOT_MODIFIED else answer.media_type
    response = Response(answer.body, answer.status, media_type=media_type)
    response.raw_headers += answer.headers
    return response


def _answers(page: Page, headers: tuple[tuple[bytes, bytes], ...]) -> Answers:
    etag = page.etag.encode()
    headers = ((b"etag", etag), *headers)
    whole, unchanged = (
        Answer(200, JSON, page.body, headers),
        Answer(NOT_MODIFIED, JSON, b"", headers),
    )
    return Answers(etag, whole, unchanged, _ready(whole), _ready(unchanged))


def _ready(answer: Answer) -> ReadyAnswer:
    head = [(name.decode(), value.decode()) for name, value in all_headers(answer)]
    return answer.status, head, answer.body


def _vary(kind: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return what makes caches tell callers apart: products may be drafts, which some may see."""
    return ((b"vary", b"authorization"),) if kind == PRODUCT else ()
