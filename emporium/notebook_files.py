"""The notebooks of this repository: which there are, and running one from top to bottom."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from emporium.settings import REPOSITORY

FOLDER = REPOSITORY / "notebooks"
KERNEL = "python3"
CELL_SECONDS = 600
NO_WIDGETS = "ignore:IProgress not found"
"""tqdm would like to draw its bars with Jupyter's widgets."""


class NotebookError(Exception):
    """A notebook can't be run, or a cell of it failed; the message says which and why."""


@dataclass(frozen=True)
class NotebookFile:
    """A notebook as it is in the repository; `title` is its first line."""

    path: Path
    title: str

    @property
    def number(self) -> int:
        """Its place, from 1."""
        return int(self.path.name.split("_")[0])


def notebook_files() -> list[NotebookFile]:
    """Return all notebooks in their order."""
    found = []
    for path in sorted(FOLDER.glob("*.ipynb")):
        first = nbformat.read(path, as_version=4).cells[0]
        found.append(NotebookFile(path, first.source.splitlines()[0].removeprefix("# ")))
    return found


def chosen(numbers: list[int]) -> list[NotebookFile]:
    """Return the notebooks of these numbers, all of none.

    Raises
    ------
    NotebookError
        If there is no such number.
    """
    files = {each.number: each for each in notebook_files()}
    unknown = sorted(set(numbers) - set(files))
    if unknown:
        raise NotebookError(f"no notebook {unknown[0]}: one of {', '.join(map(str, files))}")
    return [files[number] for number in numbers] if numbers else list(files.values())


def execute(
    file: NotebookFile, home: Path, say: Callable[[int, int], None] = lambda _done, _of: None
) -> Any:  # noqa: ANN401 - nbformat's own dictionary
    """Run a notebook on a home's data and return it with its outputs; the file stays as it is.

    Parameters
    ----------
    say
        Told after each cell how many are done, of how many.

    Raises
    ------
    NotebookError
        If a cell fails.
    """
    book = nbformat.read(file.path, as_version=4)
    client = NotebookClient(
        book,
        kernel_name=KERNEL,
        timeout=CELL_SECONDS,
        resources={"metadata": {"path": str(FOLDER)}},
        on_cell_complete=lambda cell, cell_index: say(cell_index + 1, len(book.cells)),  # noqa: ARG005
    )
    own = {"EMPORIUM_HOME": str(home), "PYTHONWARNINGS": NO_WIDGETS}
    env = {**os.environ, **own}  # noqa: TID251 - the kernel's
    try:
        client.execute(env=env)
    except CellExecutionError as error:
        raise NotebookError(f"{file.path.name}: {error.ename}: {error.evalue}") from error
    return book


def pictures(book: Any) -> int:  # noqa: ANN401
    """Count the plots among a notebook's outputs."""
    return sum(
        "image/png" in output.get("data", {})
        for cell in book.cells
        for output in cell.get("outputs", [])
    )
