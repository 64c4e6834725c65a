"""Fitted models as files: settings in JSON, learned arrays one .npy each, nothing that is code.

Arrays are mapped when they are opened, so that processes on one machine share them; copied where they
are written to, which compiled code must be allowed even if it never does.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
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


def load(
    kind: type[Model], folder: Path, parts: Mapping[str, type] = MappingProxyType({})
) -> Model:
    """Open a saved model of the class `kind`.

    Parameters
    ----------
    parts
        Classes by name, for fields whose type does not say which class they hold.

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
            own = settings.get(field.name, field)
            value = _load(field, folder, parts) if own is field else own
            object.__setattr__(model, field.name, value)
    except (OSError, ValueError, KeyError) as error:
        raise BrokenModelError(f"{folder} holds no whole {kind.__name__}: {error}") from error
    return model


def _load(field: Any, folder: Path, parts: Mapping[str, type]) -> Any:  # noqa: ANN401
    path = folder / field.name
    if not path.is_dir():
        return _mapped(path.with_suffix(".npy"))
    if (path / SETTINGS).exists():
        name = json.loads((path / SETTINGS).read_text())["class"]
        return load(parts.get(name, field.type), path, parts)
    data, indices, indptr, shape = (_mapped(path / f"{part}.npy") for part in PARTS)
    return csr_matrix((data, indices, indptr), shape=tuple(shape.tolist()), copy=False)


def _mapped(path: Path) -> Any:  # noqa: ANN401 - of any type of number
    # As a plain array: to index a `memmap` takes Python several times as long.
    return np.load(path, mmap_mode="c", allow_pickle=False).view(np.ndarray)
