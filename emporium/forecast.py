"""`emporium forecast`: what will be wanted of each series of anybody's sales, and how sure that is."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emporium.documents import JsonFile, aside
from emporium.evaluate import WIDTH


def forecast(  # noqa: PLR0913, PLR0917 - one parameter per option
    sales: Annotated[Path, typer.Option(help="a row for each sale: .parquet, .csv, .tsv, .jsonl")],
    series: Annotated[list[str], typer.Option(help="column of the product; again for the store")],
    date: Annotated[str, typer.Option(help="column of the day, week or month, or of its number")],
    value: Annotated[str, typer.Option(help="column of the units sold")],
    price: Annotated[str | None, typer.Option(help="column of the price")] = None,
    known: Annotated[
        list[str] | None, typer.Option(help="column known ahead: promotion, holiday; repeatable")
    ] = None,
    static: Annotated[
        list[str] | None, typer.Option(help="column of category, brand; repeatable")
    ] = None,
    holidays: Annotated[
        Path | None, typer.Option(help="table of holidays, past and to come: date, name, country")
    ] = None,
    country: Annotated[
        str, typer.Option(help="whose holidays, where the table has several countries'")
    ] = "",
    hidden: Annotated[str | None, typer.Option(help="column of the time out of stock")] = None,
    hidden_of: Annotated[
        float, typer.Option(help="of so much: 1 for a share, 24 for hours", min=1e-9)
    ] = 1.0,
    date_format: Annotated[
        str | None, typer.Option(help="of dates that are texts: %d.%m.%Y; else it is found out")
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(help="periods to foresee; else 28 days, 8 weeks, 6 months, 4 quarters", min=1),
    ] = None,
    freq: Annotated[
        str, typer.Option(help="D for days, W for weeks, M for months, Q for quarters, auto")
    ] = "auto",
    gaps: Annotated[
        str, typer.Option(help="a period without a row: zero sold, missing, or auto")
    ] = "auto",
    loss: Annotated[
        str, typer.Option(help="what to make small: absolute (WAPE), squared, relative (MAPE)")
    ] = "absolute",
    test_periods: Annotated[
        int | None, typer.Option(help="judged on so many; else the horizon", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="of everything drawn at random")] = 0,
    json_file: JsonFile = None,
    out: Annotated[Path | None, typer.Option(help="write forecasts: .csv or .parquet")] = None,
    bad_rows: Annotated[
        Path | None, typer.Option(help="write here, as .csv, each row that was not as it should be")
    ] = None,
) -> None:
    """Judge forecasts on the newest periods beside naive ones, then foresee what comes.

    Rows after the last with a value are plans of the future: their prices and known columns are used.
    """
    # Arrow, pandas and LightGBM take seconds to load, which no other command needs to wait for.
    from emporium import forecasting  # noqa: PLC0415
    from emporium.sales_files import SalesNames  # noqa: PLC0415

    names = SalesNames(
        series, date, value, price, known or [], static or [], hidden, hidden_of, date_format
    )
    forecasting.run(
        forecasting.Files(sales, names, out, bad_rows, json_file, holidays, country),
        forecasting.Wishes(horizon, freq, gaps, loss, test_periods, seed),
        aside(Console(highlight=False, soft_wrap=True, width=WIDTH), json_file),
    )
