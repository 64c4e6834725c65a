"""Parts of Markdown pages: tables and headings whose text can't break them."""

from collections.abc import Iterable, Sequence


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; line breaks and bars within cells are kept harmless."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") if text != "---" else text


def section(level: int, title: str, *parts: str) -> str:
    """Return a heading and what stands below it, empty parts left out."""
    return (
        "\n\n".join([f"{'#' * level} {title}", *(part.strip() for part in parts if part)]) + "\n\n"
    )
