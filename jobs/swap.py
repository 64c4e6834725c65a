"""Put a new folder in an old one's place at once.

POSIX renames a folder over another only if that one is empty; Linux swaps two in one step
(`renameat2` with `RENAME_EXCHANGE`; ext4, XFS, Btrfs, tmpfs). Other file systems, NFS among them,
get two renames: between them the folder is missing for some microseconds.
"""

import ctypes
import errno
import os
from pathlib import Path

AT_FDCWD = -100  # paths are relative to the working directory
RENAME_EXCHANGE = 2  # linux/fs.h
CANNOT_SWAP = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


def swap(new: Path, place: Path, before: Path) -> None:
    """Make the folder `new` be `place`; what was there, if anything was, becomes `before`.

    Raises
    ------
    OSError
        If a folder is missing, or they are on different file systems; nothing has changed then.
    """
    if not place.exists():
        new.rename(place)
    elif exchanged(new, place):
        new.rename(before)
    else:
        place.rename(before)
        new.rename(place)


def exchanged(one: Path, other: Path) -> bool:
    """Give each folder the other's name in one step, or return False where that can't be."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    paths = (os.fsencode(one), os.fsencode(other))
    if renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in CANNOT_SWAP:
        return False
    raise OSError(error, os.strerror(error), str(one), None, str(other))
