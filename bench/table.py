"""What every bench prints and writes: rows of name, value, unit, reference, ratio."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure; `reference` is what it stands beside, in the same unit, if anything."""

    name: str
    value: float
    unit: str
    reference: float | None = None

    @property
    def ratio(self) -> float | None:
        """`value` / `reference`; None without one."""
        return self.value / self.reference if self.reference else None


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the options that every bench takes."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", type=Path, help="write the figures to this file too")
    options.add_argument("--quick", action="store_true", help="a small run, to see that it works")
    return options


def report(figures: Sequence[Figure], file: Path | None) -> None:
    """Print the figures as a table and write them to `file` as JSON."""
    width = max(len(figure.name) for figure in figures)
    print(f"{'name':{width}} {'value':>12} {'unit':8} {'reference':>12} {'ratio':>7}")
    for figure in figures:
        reference = "" if figure.reference is None else f"{figure.reference:,.2f}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        print(
            f"{figure.name:{width}} {figure.value:>12,.2f} {figure.unit:8} {reference:>12} {ratio:>7}"
        )
    if file:
        rows = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
        file.write_text(json.dumps(rows, indent=2))
