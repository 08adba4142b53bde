"""Files that survive whatever stops the machine, and are at any moment the old ones or the new ones."""

import os
import shutil
from contextlib import nullcontext, suppress
from pathlib import Path


def second(path: Path, name: Path) -> Path:
    """The same file under a second name, or a copy where the file system has no links: FAT, and some network mounts."""
    name.unlink(missing_ok=True)
    try:
        name.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, name)
        sync(name)
    return name


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on disk. Not every file system can promise that of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError) if path.is_dir() else nullcontext():
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
