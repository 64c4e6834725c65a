"""The figures a job leaves for people and for the demo's closing table."""

import datetime as dt
import json
import math
import os
from pathlib import Path
from typing import Any


def write_report(folder: Path, job: str, date: dt.date, figures: dict[str, Any]) -> None:
    """Write `<folder>/<job>/<date>.json`, at once; what is not a number is null there."""
    text = json.dumps(finite(figures), indent=2, sort_keys=True, default=str)
    write_whole(folder / job / f"{date}.json", text)


def write_page(folder: Path, name: str, date: dt.date, page: str) -> None:
    """Write `<folder>/<name>/<date>.html`, at once."""
    write_whole(folder / name / f"{date}.html", page)


def write_whole(path: Path, text: str) -> None:
    """Write a file, at once: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def finite(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what JSON can say: null for what is no number, as the error of a forecast of nothing."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
