"""What a backup holds, with checksums: written last, so that a folder without it is no backup."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from emporium.databases import SetupError

MANIFEST = "manifest.json"
FORM = 1
"""Of the folder's layout; another one is not read."""
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """A backup's contents.

    Parameters
    ----------
    databases
        Names of the PostgreSQL databases, each `databases/<name>.dump`.
    files
        Path in the backup -> (bytes, SHA-256).
    links
        Path in the backup -> what the symbolic link names.
    """

    form: int
    made_at: str
    code_version: str
    databases: Sequence[str]
    files: Mapping[str, tuple[int, str]]
    links: Mapping[str, str]

    @property
    def n_bytes(self) -> int:
        """How large all files are together."""
        return sum(size for size, _ in self.files.values())


def of_folder(folder: Path, made_at: str, code_version: str, databases: Sequence[str]) -> Manifest:
    """Return the manifest of what lies in a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    links = {str(p.relative_to(folder)): str(p.readlink()) for p in paths if p.is_symlink()}
    files = {
        str(path.relative_to(folder)): (path.stat().st_size, sha256(path))
        for path in paths
        if not path.is_symlink()
    }
    return Manifest(FORM, made_at, code_version, databases, files, links)


def write(manifest: Manifest, folder: Path) -> None:
    """Write the manifest into its folder."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))


def checked(folder: Path) -> Manifest:
    """Return a backup's manifest once every file is as it was written.

    Raises
    ------
    SetupError
        If it is no whole backup, or a file is missing or another one.
    """
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise SetupError(f"{folder} is no whole backup: its {MANIFEST} can't be read") from error
    if manifest.form != FORM:
        raise SetupError(f"{folder} is a backup of form {manifest.form}: restore it with its code")
    for name, (size, digest) in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size or sha256(path) != digest:
            raise SetupError(f"{path} is missing or damaged: take another backup")
    return manifest


def sha256(path: Path) -> str:
    """Return a file's digest."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
