"""The page about searches (jobs.search_page)."""

import datetime as dt

from jobs.search_page import page, synonyms

DAY = dt.date(2024, 5, 1)


def query(text, n_searches, n_sessions=5, **counts):
    nothing = dict.fromkeys(("n_empty", "n_clicked", "n_carted", "n_reformulated"), 0)
    row = {"query": text, "n_searches": n_searches, "n_sessions": n_sessions}
    return row | nothing | {"mean_click_position": None} | counts


def tried(first, then, n_sessions, n_helped):
    return {"query": first, "next_query": then, "n_sessions": n_sessions, "n_helped": n_helped}


def test_shares_are_of_all_searches_and_rare_queries_are_not_shown():
    queries = [
        query("lamp", 8, n_clicked=4, n_carted=1, mean_click_position=2.0),
        query("tv", 6, n_empty=6, n_reformulated=3),
        query("anna smith berlin", 2, n_sessions=1, n_empty=2),
    ]

    made = page(queries, [], DAY, 28)

    for words in ("<b>16</b>searches", "<b>25.0 %</b>looked", "<b>50.0 %</b>found nothing"):
        assert words in made
    assert "anna" not in made
    assert made.index("lamp") < made.index("Found nothing") < made.rindex("tv")


def test_another_query_that_helped_most_is_proposed_as_a_synonym():
    rows = [
        tried("tv", "television", 5, 4),
        tried("tv", "radio", 9, 3),  # most were not helped
        tried("couch", "sofa", 3, 3),
        tried("lmap", "lamp", 2, 2),  # too few
    ]

    assert synonyms(rows) == [("tv", "television", 4), ("couch", "sofa", 3)]


def test_what_shoppers_type_is_text_and_an_empty_log_is_a_page():
    made = page([query("<script>alert(1)</script>", 3)], [], DAY, 28)

    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert "None." in page([], [], DAY, 28)
