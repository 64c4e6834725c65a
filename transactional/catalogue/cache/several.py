"""Several products' pages as one answer."""

from collections.abc import Sequence

from transactional.catalogue.cache.answers import (
    SEVERAL,
    Answers,
    fresh_answers,
    partial_answers,
    stale_answers,
)
from transactional.catalogue.cache.local import LocalPages
from transactional.catalogue.cache.pages import Page, etag_of
from transactional.catalogue.cache.reading import Address, Gathered


def answers_together(
    addresses: Sequence[Address], gathered: Gathered, local: LocalPages
) -> Answers:
    """Return the answers that have the products' own bytes, in the order of `addresses`.

    One that is stale makes the whole stale, as old as the oldest that is; what lacks a product that
    could not be read may be kept by nobody.
    """
    shown = b",".join(gathered.kept[each].page.body for each in addresses if each in gathered.kept)
    unread = ",".join(each.rest for each in addresses if each in gathered.unread).encode()
    body = b'{"products":[%s],"unread_ids":[%s]}' % (shown, unread)
    page = Page(body, etag_of(body), frozenset())
    if gathered.unread:
        return partial_answers(page)
    if not gathered.stale:
        return fresh_answers(SEVERAL, page)
    now = local.clock()
    oldest = min(gathered.kept[each].filled_at for each in gathered.stale)
    return stale_answers(SEVERAL, page, now - oldest, max(0.0, now - local.trusted_until))
