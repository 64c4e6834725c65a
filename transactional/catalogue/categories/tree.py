"""Where a category stands in the tree: pure rules.

A path names the categories from the outermost, joined by ' > '; the log of products tells it, in 300
letters at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transactional.errors import ShopProblem

SEPARATOR = " > "
MAX_PATH_LENGTH = 300


class CategoryProblem(ShopProblem):
    """The tree cannot be that way."""

    type, title, status = "/problems/category-tree", "Not possible in the tree", 409


@dataclass(frozen=True, slots=True)
class Place:
    """Where a category stands: ancestors from the outermost to the parent."""

    path: str
    ancestor_ids: tuple[int, ...] = ()

    @property
    def parent_id(self) -> int | None:
        """The category right above; None for an outermost one."""
        return self.ancestor_ids[-1] if self.ancestor_ids else None


def below(
    parent_id: int | None, parent_path: str | None, parent_ancestor_ids: Sequence[int], name: str
) -> Place:
    """Return the place of a category of that name below a parent; without one, it is outermost.

    Raises
    ------
    CategoryProblem
        If the parent has no path to begin with.
    """
    if parent_id is None:
        return Place(name)
    if parent_path is None:
        raise CategoryProblem(f"Category {parent_id} has no name yet. Give it one first.")
    return Place(parent_path + SEPARATOR + name, (*parent_ancestor_ids, parent_id))


def check_move(category_id: int, place: Place, n_letters_below: int) -> None:
    """Return if a category, with all below it, may stand there.

    Raises
    ------
    CategoryProblem
        If it would stand below itself, or a path would be too long.
    """
    if category_id in place.ancestor_ids:
        raise CategoryProblem(
            f"Category {category_id} cannot stand below itself. Choose a parent outside of it."
        )
    check_length(place.path, n_letters_below)


def check_length(path: str, n_letters_below: int = 0) -> None:
    """Return if a path, and the longest below it, is no longer than the log takes.

    Raises
    ------
    CategoryProblem
        If one is.
    """
    if len(path) + n_letters_below > MAX_PATH_LENGTH:
        raise CategoryProblem(
            f"A path has at most {MAX_PATH_LENGTH} letters; this one would have "
            f"{len(path) + n_letters_below}. Take shorter names, or fewer levels."
        )


def name_of(path: str | None, category_id: int) -> str:
    """Return the last name of a path; a category that the logs tell no path of is called by its id."""
    return path.rpartition(SEPARATOR)[2] if path else str(category_id)
