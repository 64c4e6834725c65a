"""What to tell a shopper when the shop refuses."""

from storefront.apis import RefusedError
from storefront.texts import Speak


def sentence(error: RefusedError, speak: Speak) -> str:
    """Return the reason in the shop's own words: `problem.<kind>`, or a general one.

    Raises
    ------
    RefusedError
        If the session has ended: then there is nothing to tell, but to log in again.
    """
    if error.status == 401:
        raise error
    name = error.kind.replace("-", "_")
    try:
        return speak(f"problem.{name}")
    except KeyError:
        return speak("problem.other")
