"""One bot, one process: two on the same files would undo each other's work."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class AlreadyRunningError(Exception):
    """Another process has these files; the message says so."""


@contextmanager
def alone_with(*paths: Path) -> Iterator[None]:
    """Keep other processes off files or folders while this one has them: each gets a lock beside it, which ends with its process.

    Raises AlreadyRunningError, OSError if no lock can be made there.
    """
    with ExitStack() as stack:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(FileLock(path.with_name(f"{path.name}.lock"), timeout=0, mode=0o600))
            except Timeout:
                raise AlreadyRunningError(
                    f"Another Marquee is running with {path}. Stop it first, or give this one a folder of its own: "
                    "MARQUEE_DATA_DIR."
                ) from None
        yield
