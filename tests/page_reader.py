"""A browser without JavaScript: follows links and sends forms as a page has them, and keeps cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx2

UNSENT = {"button", "submit", "image", "reset"}


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.select: str | None = None
        self.options: list[tuple[str, bool]] = []
        self.in_option = False
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name, value = has.get("name") or "", has.get("value") or ""
        if tag == "a" and has.get("href"):
            self.links.append(has["href"] or "")
        elif tag == "form":
            self.form = Form(has.get("action") or "", (has.get("method") or "get").lower())
            self.forms.append(self.form)
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option" and self.select is not None:
            self.options.append((value, "selected" in has))
            self.in_option = "value" not in has
        elif self.form and name and tag == "input" and _is_sent(has):
            self.form.fields.append((name, value))
        elif self.form and name and tag == "textarea":
            self.form.fields.append((name, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select" and self.select is not None:
            chosen = [value for value, is_selected in self.options if is_selected]
            first = [value for value, _ in self.options[:1]]
            if self.form and (chosen or first):
                self.form.fields.append((self.select, (chosen or first)[0]))
            self.select = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.select is not None and self.in_option:
            self.options[-1] = (data.strip(), self.options[-1][1])
            self.in_option = False


def _is_sent(has: dict[str, str | None]) -> bool:
    kind = has.get("type") or "text"
    return kind not in UNSENT and (kind not in ("checkbox", "radio") or "checked" in has)


@dataclass
class Page:
    answer: httpx2.Response
    forms: list[Form]
    links: list[str]
    text: str

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        return self.answer.url.raw_path.decode()

    @property
    def html(self) -> str:
        return self.answer.text

    def form(self, action: str) -> Form:
        return next(form for form in self.forms if form.action == action)


def read(answer: httpx2.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    return Page(answer, reader.forms, reader.links, " ".join(" ".join(reader.text).split()))


@dataclass
class Browser:
    client: httpx2.AsyncClient

    async def open(self, path: str, **headers: str) -> Page:
        return read(await self.client.get(path, headers=headers, follow_redirects=True))

    async def send(self, page: Page, action: str, **changed: Any) -> Page:
        """Send the page's form with that action, some of its fields changed."""
        form = page.form(action)
        fields = [each for each in form.fields if each[0] not in changed]
        fields += [(name, str(value)) for name, value in changed.items()]
        if form.method == "get":
            answer = await self.client.get(action, params=fields, follow_redirects=True)
        else:
            data: dict[str, list[str]] = {}
            for name, value in fields:
                data.setdefault(name, []).append(value)
            answer = await self.client.post(action, data=data, follow_redirects=True)
        return read(answer)
