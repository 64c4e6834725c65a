"""What the pages of jobs are made of: their look, and tables of rows."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1d1d1f }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
div.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% } td, th { padding: .25rem .6rem; text-align: right }
th { font-weight: 600; border-bottom: 1px solid #ccc } td:first-child, th:first-child { text-align: left }
tr:nth-child(even) { background: #f6f6f8 } code { font-size: .85em; overflow-wrap: anywhere }
.figures { display: flex; gap: 1rem; flex-wrap: wrap } .figures div { background: #f6f6f8; padding: .6rem 1rem }
.figures b { display: block; font-size: 1.4rem } .bar { background: #3b6fd4; height: .6rem; display: inline-block }
p.none { color: #777 } .words { text-align: left }
figure { margin: 0 } figcaption { font-size: .85rem; color: #555 } figcaption span { margin-right: 1rem }
figcaption i { display: inline-block; width: .8rem; height: .8rem; margin-right: .3rem; vertical-align: -.1rem }
svg { width: 100%; height: auto } svg text { font-size: 10px; fill: #555 } svg .grid { stroke: #e4e4ea }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem }
p.alarm { border-left: 4px solid #c0392b; background: #fdf0ee; padding: .5rem .8rem }
p.well { border-left: 4px solid #2e8b57; background: #eef8f2; padding: .5rem .8rem }
"""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Column:
    """A column of a table: its head, and what it says of a row, as HTML."""

    head: str
    name: str
    as_share_of: str | None = None

    def heading(self, rows: Rows) -> str:
        """Return the head above the cells of rows, on the side where these stand."""
        is_words = not self.as_share_of and any(isinstance(row[self.name], str) for row in rows)
        return f'<th class="words">{self.head}</th>' if is_words else f"<th>{self.head}</th>"

    def cell(self, row: Mapping[str, Any]) -> str:
        """Return the cell of a row."""
        value = row[self.name]
        if self.as_share_of:
            ratio = value / row[self.as_share_of]
            bar = f'<span class="bar" style="width:{60 * ratio:.0f}px"></span>'
            return f"<td>{bar} {100 * ratio:.0f} %</td>"
        if isinstance(value, str):
            return f'<td class="words">{html.escape(value)}</td>'
        return f"<td>{'' if value is None else f'{value:,.1f}'.removesuffix('.0')}</td>"


def document(title: str, body: str) -> str:
    """Return a page as HTML; `title` is its heading, too."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{html.escape(title)}</h1>{body}</html>"
    )


def table(rows: Rows, columns: Iterable[Column]) -> str:
    """Return rows as a table."""
    if not rows:
        return '<p class="none">None.</p>'
    columns = list(columns)
    head = "".join(column.heading(rows) for column in columns)
    lines = ("".join(column.cell(row) for column in columns) for row in rows)
    return wide(f"<tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}")


def wide(rows: str) -> str:
    """Return rows of HTML as a table that scrolls by itself where the page is narrower."""
    return f'<div class="wide" tabindex="0"><table>{rows}</table></div>'
