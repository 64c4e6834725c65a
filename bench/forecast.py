"""Forecasts of demand beside what others foresee, on real data, and their time at scale.

python -m bench.forecast --data-dir FOLDER [--only fresh|juice|retail|shop|scale] [--quick] [--json FILE]

Every reference is computed in the same run on the same rows. Nothing was chosen by a test period: the
models choose on the periods before it, and their settings were tried on earlier periods (but see
`forecast_retail` for its intervals). `aim` is ours.
"""

import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    forecast_fresh,
    forecast_juice,
    forecast_retail,
    forecast_scale,
    forecast_shop,
)
from bench.table import Figure, parser, report

SECTIONS: dict[str, Callable[..., list[Figure]]] = {
    "fresh": forecast_fresh.figures,
    "juice": forecast_juice.figures,
    "retail": forecast_retail.figures,
    "shop": forecast_shop.figures,
    "scale": forecast_scale.figures,
}


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    options.add_argument("--only", choices=SECTIONS, help="one section")
    arguments = options.parse_args()
    began = time.monotonic()
    figures = []
    for name, section in SECTIONS.items():
        if arguments.only in {None, name}:
            figures += section(arguments.data_dir, quick=arguments.quick)
    figures.append(Figure("whole run", time.monotonic() - began, "s"))
    report(figures, arguments.json)


if __name__ == "__main__":
    main()
