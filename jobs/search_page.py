"""The page about searches: what shoppers look for, what they find, and what they say instead."""

import datetime as dt
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MIN_SESSIONS = 3
"""What fewer sessions searched for is not shown: it may be somebody's name."""
N_SHOWN = 25
MIN_HELPED = 3
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1d1d1f }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } td, th { padding: .25rem .6rem; text-align: right }
th { font-weight: 600; border-bottom: 1px solid #ccc } td:first-child, th:first-child { text-align: left }
tr:nth-child(even) { background: #f6f6f8 } code { font-size: .85em; overflow-wrap: anywhere }
.figures { display: flex; gap: 1rem; flex-wrap: wrap } .figures div { background: #f6f6f8; padding: .6rem 1rem }
.figures b { display: block; font-size: 1.4rem } .bar { background: #3b6fd4; height: .6rem; display: inline-block }
p.none { color: #777 } td.words { text-align: left }
"""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Column:
    """A column of a table: its head, and what it says of a row, as HTML."""

    head: str
    name: str
    as_share_of: str | None = None

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


QUERY = Column("query", "query")
SEARCHES = Column("searches", "n_searches")
CLICKED = Column("looked at a find", "n_clicked", "n_searches")
CARTED = Column("put one in the cart", "n_carted", "n_searches")
EMPTY = Column("found nothing", "n_empty", "n_searches")
AGAIN = Column("tried another query", "n_reformulated", "n_searches")
PLACE = Column("place of the first look", "mean_click_position")
INSTEAD = Column("then searched for", "next_query")
SESSIONS = Column("sessions", "n_sessions")
HELPED = Column("found something then", "n_helped", "n_sessions")


def page(queries: Rows, tried: Rows, date: dt.date, n_days: int) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    queries, tried
        Rows of the tables `SearchQuery` and `Reformulation` of `date`.
    """
    shown = [row for row in queries if row["n_sessions"] >= MIN_SESSIONS]
    again = [row for row in tried if row["n_sessions"] >= MIN_SESSIONS]
    often = _most(shown, "n_searches")
    sections = [
        ("Most frequent", table(often, (QUERY, SEARCHES, CLICKED, CARTED, PLACE, EMPTY))),
        ("Found nothing", table(_most(shown, "n_empty"), (QUERY, SEARCHES, EMPTY, AGAIN))),
        (
            "Shown, and not looked at",
            table(
                _most([_with_unclicked(row) for row in shown], "n_unclicked"),
                (QUERY, SEARCHES, CLICKED, AGAIN),
            ),
        ),
        ("Said otherwise", table(_most(again, "n_sessions"), (QUERY, INSTEAD, SESSIONS, HELPED))),
        ("Synonyms to consider", proposals(synonyms(tried))),
    ]
    body = "".join(f"<h2>{title}</h2>{content}" for title, content in sections)
    title = f"Searches of the {n_days} days to {date}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1>{figures(queries)}"
        f"<p>Queries of fewer than {MIN_SESSIONS} sessions are counted above, not shown below.</p>{body}</html>"
    )


def figures(queries: Rows) -> str:
    """Return the shares over all searches."""
    n_searches = sum(row["n_searches"] for row in queries)
    shares = {
        "looked at a find": "n_clicked",
        "put one in the cart": "n_carted",
        "found nothing": "n_empty",
        "tried another query": "n_reformulated",
    }
    told = [f"<div><b>{n_searches:,}</b>searches</div>"]
    for words, name in shares.items():
        share = sum(row[name] for row in queries) / n_searches if n_searches else 0.0
        told.append(f"<div><b>{100 * share:.1f} %</b>{words}</div>")
    return f'<div class="figures">{"".join(told)}</div>'


def table(rows: Rows, columns: Iterable[Column]) -> str:
    """Return rows as a table."""
    if not rows:
        return '<p class="none">None.</p>'
    columns = list(columns)
    head = "".join(f"<th>{column.head}</th>" for column in columns)
    lines = ("".join(column.cell(row) for column in columns) for row in rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def synonyms(tried: Rows) -> list[tuple[str, str, int]]:
    """Return queries that another one helped `MIN_HELPED` sessions out of, and mostly, with how many."""
    found = [
        (row["query"], row["next_query"], row["n_helped"])
        for row in tried
        if row["n_helped"] >= MIN_HELPED and 2 * row["n_helped"] > row["n_sessions"]
    ]
    return sorted(found, key=lambda each: (-each[2], each[:2]))[:N_SHOWN]


def proposals(found: Sequence[tuple[str, str, int]]) -> str:
    """Return them with the rule that an operator would make."""
    if not found:
        return '<p class="none">None.</p>'
    lines = "".join(
        f'<tr><td class="words">{html.escape(query)}</td><td class="words">{html.escape(other)}</td>'
        f"<td>{n_helped}</td></tr>"
        for query, other, n_helped in found
    )
    return (
        "<p>Shoppers who found nothing by the first found something by the second. If both mean the same, "
        "make a rule of kind <code>synonym</code> with <code>from_words</code> and <code>words</code>.</p>"
        f"<table><tr><th>typed</th><th>meant</th><th>sessions helped</th></tr>{lines}</table>"
    )


def _most(rows: Rows, name: str) -> Rows:
    some = [row for row in rows if row[name]]
    return sorted(some, key=lambda row: (-row[name], row["query"]))[:N_SHOWN]


def _with_unclicked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**row, "n_unclicked": row["n_searches"] - row["n_clicked"] - row["n_empty"]}
