"""`emporium evaluate`: which recommender suits a log of events, how good it is, and why it was chosen."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emporium.documents import JsonFile, aside

WIDTH = 160 if not sys.stdout.isatty() else None
"""A log or a pipe has room for the tables whatever `COLUMNS` says."""


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter per option
    interactions: Annotated[
        Path, typer.Option(help="events: .parquet, .csv, .tsv, .txt, .jsonl, packed or not")
    ],
    user: Annotated[str, typer.Option(help="column of the user or session")],
    item: Annotated[str, typer.Option(help="column of the item, or of lists of items in order")],
    time: Annotated[str | None, typer.Option(help="column of the time")] = None,
    time_format: Annotated[
        str | None, typer.Option(help="of times that are texts, %d/%m/%Y say; else ISO 8601")
    ] = None,
    no_header: Annotated[  # noqa: FBT002
        bool, typer.Option("--no-header", help="the first line is an event: columns are 1, 2, ...")
    ] = False,
    weight: Annotated[str | None, typer.Option(help="column of how much an event counts")] = None,
    test: Annotated[Path | None, typer.Option(help="events to judge by, instead of a cut")] = None,
    split: Annotated[str | None, typer.Option(help="days, sessions, last, random or drift")] = None,
    days: Annotated[float | None, typer.Option(help="length of the hold-out", min=0)] = None,
    repeats: Annotated[
        bool | None, typer.Option("--repeats/--new-only", help="may had items come again?")
    ] = None,
    items: Annotated[Path | None, typer.Option(help="file of items, for their texts")] = None,
    item_id: Annotated[str | None, typer.Option(help="its column of the item")] = None,
    text: Annotated[str, typer.Option(help="its columns of text, with commas between")] = "",
    category: Annotated[str | None, typer.Option(help="its column of the category")] = None,
    k: Annotated[int, typer.Option(help="length of the lists", min=1, max=100)] = 10,
    seconds: Annotated[float, typer.Option(help="try settings for so long", min=0)] = 300,
    seed: Annotated[int, typer.Option(help="of everything drawn at random")] = 0,
    json_file: JsonFile = None,
) -> None:
    """Compare recommenders on a log of events, say which one was chosen and why.

    What is not said (split, days, repeats), the log decides; the output says how.
    """
    # numpy, scikit-learn and LightGBM take seconds to load, which no other command needs to wait for.
    from emporium import evaluation  # noqa: PLC0415
    from emporium.event_files import ItemNames, Names  # noqa: PLC0415

    texts = tuple(name for name in text.split(",") if name)
    names = Names(user, item, time, weight, time_format, has_header=not no_header)
    evaluation.run(
        evaluation.Files(
            interactions, names, test, items, ItemNames(item_id or item, texts, category)
        ),
        evaluation.Wishes(split, days, repeats, k, seconds, seed),
        json_file,
        aside(Console(highlight=False, soft_wrap=True, width=WIDTH), json_file),
    )
