"""`emporium models sweep`: better settings for one family of recommenders, every trial in MLflow."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emporium.documents import JsonFile, aside, write_document
from emporium.running import running_site
from emporium.settings import Settings


def sweep(  # noqa: PLR0913, PLR0917 - one parameter per option
    family: Annotated[str, typer.Option(help="als, graph_filter, item_neighbours, ...")],
    trials: Annotated[int, typer.Option(help="settings to try", min=1)] = 20,
    seconds: Annotated[float, typer.Option(help="begin none after so long", min=0)] = 600,
    seed: Annotated[int, typer.Option(help="of everything drawn at random", min=0)] = 0,
    date: Annotated[str | None, typer.Option(help="the shop's: as known on YYYY-MM-DD")] = None,
    interactions: Annotated[Path | None, typer.Option(help="a file, not the shop's lake")] = None,
    user: Annotated[str, typer.Option(help="its column of the user or session")] = "user",
    item: Annotated[str, typer.Option(help="its column of the item")] = "item",
    time: Annotated[str | None, typer.Option(help="its column of the time")] = None,
    time_format: Annotated[str | None, typer.Option(help="of times that are texts")] = None,
    no_header: Annotated[  # noqa: FBT002
        bool, typer.Option("--no-header", help="the first line is an event: columns are 1, 2, ...")
    ] = False,
    weight: Annotated[str | None, typer.Option(help="of how much an event counts")] = None,
    split: Annotated[str | None, typer.Option(help="days, sessions, last, random or drift")] = None,
    items: Annotated[Path | None, typer.Option(help="file of items, for their texts")] = None,
    item_id: Annotated[str | None, typer.Option(help="its column of the item")] = None,
    text: Annotated[str, typer.Option(help="its columns of text, with commas between")] = "",
    category: Annotated[str | None, typer.Option(help="its column of the category")] = None,
    mlflow: Annotated[str | None, typer.Option(help="MLflow's URL; else the running one")] = None,
    json_file: JsonFile = None,
) -> None:
    """Look for better settings of a family, on the hold-out that chooses and never on the last one.

    Learns from the shop's lake, or from a file of events as `emporium evaluate` does.
    """
    # numpy, Optuna and MLflow take seconds to load, which no other command needs to wait for.
    from emporium import sweeping  # noqa: PLC0415
    from emporium.evaluation import Files  # noqa: PLC0415
    from emporium.event_files import ItemNames, Names  # noqa: PLC0415
    from models.evaluation.sweep import Plan  # noqa: PLC0415

    console = aside(Console(highlight=False, soft_wrap=True), json_file)
    settings = Settings()
    asked = sweeping.Asked(family, Plan(trials, seconds, seed), split)
    uri = mlflow or running_site(settings, console)["mlflow"]
    with sweeping.reporting(console):
        if interactions is None:
            work = sweeping.of_shop(asked, settings.home, sweeping.day_of(date))
        else:
            texts = tuple(name for name in text.split(",") if name)
            names = ItemNames(item_id or item, texts, category)
            events = Names(user, item, time, weight, time_format, has_header=not no_header)
            files = Files(interactions, events, None, items, names)
            work = sweeping.of_files(asked, files, console)
        made = sweeping.run(work, asked.plan, uri, console)
    write_document([sweeping.figures(trial) for trial in made], json_file)
