"""Published data sets as the raw layer of the lake, one file each: every line becomes one raw row."""

from collections.abc import Callable
from pathlib import Path

from emporium.loaders import clickstream, olist, online_retail
from emporium.loaders.raw import LoadReport

LOADERS: dict[str, Callable[[Path, Path], LoadReport]] = {
    "online-retail": online_retail.load,
    "olist": olist.load,
    "clickstream": clickstream.load,
}
"""By the name a user gives: load(data_dir, out) writes `out`/raw/<table>/date=.../."""
