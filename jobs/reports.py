"""The figures a job leaves for people and for the demo's closing table."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any


def write_report(folder: Path, job: str, date: dt.date, figures: dict[str, Any]) -> None:
    """Write `<folder>/<job>/<date>.json`, at once."""
    path = folder / job / f"{date}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    aside.write_text(json.dumps(figures, indent=2, sort_keys=True, default=str))
    aside.replace(path)
