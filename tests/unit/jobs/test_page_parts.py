"""Tables of pages (jobs.page_parts)."""

from jobs.page_parts import Column, table


def test_a_head_stands_on_the_side_of_its_cells():
    rows = [{"name": "lamp", "n": None, "why": None}, {"name": "desk", "n": 2.0, "why": "new"}]

    made = table(rows, [Column("product", "name"), Column("sold", "n"), Column("because", "why")])

    assert '<th class="words">product</th><th>sold</th><th class="words">because</th>' in made
    assert '<td class="words">desk</td><td>2</td><td class="words">new</td>' in made


def test_no_rows_are_no_table():
    assert "None." in table([], [Column("product", "name")])
