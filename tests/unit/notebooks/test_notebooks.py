"""The notebooks as they are in the repository: they import and never define, and come without outputs."""

import ast

import nbformat
import pytest

from emporium.notebook_files import NotebookError, chosen, notebook_files

FILES = notebook_files()
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LARGEST_CELL = 40
by_notebook = pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.stem)


def cells(file, kind):
    return [cell for cell in nbformat.read(file.path, as_version=4).cells if cell.cell_type == kind]


def test_there_are_six_in_order():
    assert [file.number for file in FILES] == [1, 2, 3, 4, 5, 6]


@by_notebook
def test_no_cell_defines_anything(file):
    trees = [ast.parse(cell.source) for cell in cells(file, "code")]

    defined = [
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, DEFINITIONS)
    ]

    assert defined == []


@by_notebook
def test_it_begins_with_what_it_shows_and_needs(file):
    first = nbformat.read(file.path, as_version=4).cells[0]

    assert first.cell_type == "markdown"
    assert first.source.startswith(f"# {file.number}. ")
    assert "**Shows**" in first.source
    assert "**Needs**" in first.source


@by_notebook
def test_outputs_are_stripped_and_cells_are_small(file):
    for cell in cells(file, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert len(cell.source.splitlines()) <= LARGEST_CELL


@by_notebook
def test_it_draws_something(file):
    assert "from models.evaluation.plots import" in "\n".join(c.source for c in cells(file, "code"))


def test_a_number_that_is_not_there_is_told():
    with pytest.raises(NotebookError, match="no notebook 9: one of 1, 2, 3, 4, 5, 6"):
        chosen([2, 9])
