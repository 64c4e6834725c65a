"""The page about searches: what shoppers look for, what they find, and what they say instead."""

import datetime as dt
import html
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.page_parts import Column, Rows, document, table, wide

MIN_SESSIONS = 3
"""What fewer sessions searched for is not shown: it may be somebody's name."""
N_SHOWN = 25
MIN_HELPED = 3
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
    few = (
        f"<p>Queries of fewer than {MIN_SESSIONS} sessions are counted above, not shown below.</p>"
    )
    return document(f"Searches of the {n_days} days to {date}", figures(queries) + few + body)


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
        + wide(f"<tr><th>typed</th><th>meant</th><th>sessions helped</th></tr>{lines}")
    )


def _most(rows: Rows, name: str) -> Rows:
    some = [row for row in rows if row[name]]
    return sorted(some, key=lambda row: (-row[name], row["query"]))[:N_SHOWN]


def _with_unclicked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**row, "n_unclicked": row["n_searches"] - row["n_clicked"] - row["n_empty"]}
