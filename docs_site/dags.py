"""The DAGs' own pages, which are their files' docstrings; nothing is imported."""

import ast
import re
from pathlib import Path

from docs_site.markdown import section

INTRODUCTION = """Each is the page that Airflow shows beside the DAG. `emporium trigger DAG --date YYYY-MM-DD` starts one, `emporium runs` lists
what ran, `emporium backfill` runs the whole chain."""
WITHOUT_DAG = ("__init__", "common")


def dags_page(folder: Path) -> str:
    """Return the page of all DAGs, each file's headings one level lower."""
    pages = [
        _lower(ast.get_docstring(ast.parse(path.read_text())) or "")
        for path in sorted(folder.glob("*.py"))
        if path.stem not in WITHOUT_DAG
    ]
    return section(1, "DAGs", INTRODUCTION) + "\n\n".join(pages) + "\n"


def _lower(page: str) -> str:
    return re.sub(r"^#", "##", page, flags=re.MULTILINE)
