"""When two names of sellers are the same name."""

import unicodedata


def name_key(name: str) -> str:
    """Return what may be there once: capitals, widths and the number of spaces make no other name.

    Unicode's compatibility caseless match (Unicode Standard, D146), without its second folding.
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
