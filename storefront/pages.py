"""Turns a page's data into HTML, in the shop's language."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from storefront import forgery, formats, texts
from storefront.cards import Card
from storefront.visits import FORMS, Visit

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
VARY = {"Vary": "HX-Request, Accept-Language, Cookie"}
PRIVATE = {"Cache-Control": "private, no-store"}


@dataclass(frozen=True)
class Pages:
    """All templates, with what each of them may call.

    Parameters
    ----------
    environments
        The templates by language.
    language
        Of who asks for none of these.
    secret
        Signs the tokens of forms.
    new_id
        Makes what cannot be guessed: of a browser's forms, of an order.
    """

    environments: Mapping[str, Environment]
    language: str
    currency: str
    secret: str
    new_id: Callable[[], str]

    def page(
        self,
        visit: Visit,
        template: str,
        data: Mapping[str, Any],
        status: int = 200,
    ) -> Response:
        """Return a page, or the part of one that a script asks for."""
        if not visit.get(FORMS):
            visit.keep(FORMS, self.new_id())
        token = forgery.new_token(self.secret, visit.get(FORMS))
        environment = self.environments[self.language_of(visit)]
        text = environment.get_template(template).render(visit=visit, csrf=token, **data)
        response = HTMLResponse(text, status, headers={**PRIVATE, **VARY})
        visit.write_to(response)
        return response

    def language_of(self, visit: Visit) -> str:
        """Return the language that a visit's pages are in."""
        return visit.language(self.environments, self.language)

    def speak(self, visit: Visit, key: str, **values: object) -> str:
        """Return a text in the visit's language."""
        return texts.speaker(self.language_of(visit))(key, **values)

    def message(self, visit: Visit, name: str, status: int) -> Response:
        """Return a page that says one thing: `message.<name>_title` and `message.<name>_text`."""
        return self.page(visit, "message.html", {"name": name}, status)

    def go(self, visit: Visit, path: str) -> Response:
        """Send the browser on, after a form: it then asks with GET."""
        response = RedirectResponse(path, 303, headers=PRIVATE)
        if visit.is_fragment:  # a script would follow, and put a whole page into a part of one
            response = Response(status_code=200, headers={"HX-Redirect": path, **PRIVATE})  # type: ignore[assignment]
        visit.write_to(response)
        return response


def make_pages(language: str, currency: str, secret: str, new_id: Callable[[], str]) -> Pages:
    """Return the pages in all languages, this one first, with amounts in a currency."""
    environments = {each: templates(each, currency) for each in (language, *texts.languages())}
    return Pages(environments, language, currency, secret, new_id)


@cache
def templates(language: str, currency: str) -> Environment:
    """Return the templates of a language; each is compiled once."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    speak = texts.speaker(language)
    environment.globals.update(
        t=speak, asset=asset, language=language, languages=languages_by_name()
    )
    environment.filters.update(
        money=lambda cents, its=None: formats.money(cents, its or currency, language),
        day=lambda moment: formats.day(moment, language),
        minute=lambda moment: formats.minute(moment, language),
        number=lambda value: formats.number(value, language),
        reason=lambda card: reason_of(card, speak),
        percent=lambda value: formats.percent(value, language),
        span=formats.span,
    )
    return environment


def reason_of(card: Card, speak: texts.Speak) -> str:
    """Return why a product is in a list; in the API's words if its source has none of ours."""
    try:
        return speak(f"reason.{card.source}{'_because' * bool(card.because)}", title=card.because)
    except KeyError:
        return card.reason


@cache
def languages_by_name() -> dict[str, str]:
    """Return each language's own name."""
    return {each: formats.language_name(each) for each in texts.languages()}


@cache
def asset(name: str) -> str:
    """Return the path of a file of `static/`, which changes with what is in it."""
    digest = hashlib.blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?{digest}"
