"""Fitted models as files: settings in JSON, learned arrays one .npy each, nothing that is code.

Arrays are mapped when they are opened, so that processes on one machine share them; copied where they
are written to, which compiled code must be allowed even if it never does.
"""

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy.sparse import csr_matrix

SETTINGS = "settings.json"
PARTS = ("data", "indices", "indptr", "shape")

Model = TypeVar("Model")


class BrokenModelError(ValueError):
    """A folder doesn't hold a model that this code can read."""


def save(model: Any, folder: Path) -> None:  # noqa: ANN401 - any dataclass of settings and arrays
    """Write a dataclass whose fields are settings, arrays, sparse matrices or other such dataclasses.

    Raises
    ------
    TypeError
        If a field is something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {"class": type(model).__name__}
    for field in fields(model):
        value = getattr(model, field.name)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{field.name}.npy", value, allow_pickle=False)
        elif isinstance(value, csr_matrix):
            _save_matrix(value, folder / field.name)
        elif is_dataclass(value):
            save(value, folder / field.name)
        elif isinstance(value, (str, int, float, bool, type(None))):
            settings[field.name] = value
        else:
            raise TypeError(f"{type(model).__name__}.{field.name} is no setting and no array")
    (folder / SETTINGS).write_text(json.dumps(settings, indent=2, sort_keys=True))


def _save_matrix(matrix: csr_matrix, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        np.save(folder / f"{part}.npy", np.asarray(getattr(matrix, part)), allow_pickle=False)


def load(kind: type[Model], folder: Path) -> Model:
    """Open a saved model of the class `kind`.

    Raises
    ------
    BrokenModelError
        If a file is missing or the folder holds another class.
    """
    try:
        settings = json.loads((folder / SETTINGS).read_text())
        if settings.get("class") != kind.__name__:
            raise BrokenModelError(f"{folder} holds {settings.get('class')}, not {kind.__name__}")
        model = object.__new__(kind)
        for field in fields(kind):  # type: ignore[arg-type]
            value = settings[field.name] if field.name in settings else _load(field, folder)
            object.__setattr__(model, field.name, value)
    except (OSError, ValueError, KeyError) as error:
        raise BrokenModelError(f"{folder} holds no whole {kind.__name__}: {error}") from error
    return model


def _load(field: Any, folder: Path) -> Any:  # noqa: ANN401 - arrays of any type
    path = folder / field.name
    if not path.is_dir():
        return np.load(path.with_suffix(".npy"), mmap_mode="c", allow_pickle=False)
    if (path / SETTINGS).exists():
        return load(field.type, path)
    data, indices, indptr, shape = (
        np.load(path / f"{part}.npy", mmap_mode="c", allow_pickle=False) for part in PARTS
    )
    return csr_matrix((data, indices, indptr), shape=tuple(shape.tolist()), copy=False)
