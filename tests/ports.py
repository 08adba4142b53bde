"""A port that is free, and stays so until what a test starts listens at it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def free_port() -> Iterator[int]:
    """Of 127.0.0.1. In the block the system gives it to nobody who asks for any, whoever asks for it by its number may listen
    there, as servers do (with SO_REUSEADDR), and until then a connection is refused."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port: int = kept.getsockname()[1]
        yield port
