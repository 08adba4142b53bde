"""What a command of the host's starts in place of the bot's own training process: the bot's side."""

import contextlib
import logging
import os
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping

from bot.training.messages import Message, decoded, encoded_job
from bot.training.retrain import Job

# Seconds that processes may outlive what started them. They look for it themselves; one that hangs can't.
GRACE = 5.0

log = logging.getLogger(__name__)


class Launched:
    """A command that starts one process or several of `bot.training.worker`, here or on other machines. It hands their standard
    input and output through."""

    def __init__(self, command: str, job: Job, environment: Mapping[str, str]) -> None:
        """Raises OSError if it can't be started."""
        ours, theirs = socket.socketpair()
        self._socket, self._lines = ours, ours.makefile("rb")
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                shlex.split(command),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                env={"OMP_NUM_THREADS": "1", **environment},  # each process chooses its threads; torchrun would warn
                start_new_session=True,  # Ctrl+C is the bot's; and all of a script's processes are killed together
            )
        with contextlib.suppress(ConnectionError):  # it has ended already: its exit code says more
            ours.sendall(encoded_job(job))
        self._logging = threading.Thread(target=self._log, daemon=True)
        self._logging.start()
        threading.Thread(target=self._see_the_end, daemon=True).start()

    def receive(self) -> Message | None:
        try:
            line = self._lines.readline()
        except OSError:
            return None
        return decoded(line) if line.endswith(b"\n") else None  # less than a line: killed in the middle of it

    def kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # the thread that waits for its end was first to see it
                os.killpg(self._process.pid, signal.SIGKILL)
        self._close()

    def join(self) -> int:
        self._close()
        code = self._process.wait()
        self._logging.join(GRACE)  # so that the log has why it ended before it says that it has
        self._lines.close()
        self._socket.close()
        return code

    def _see_the_end(self) -> None:
        """Processes that were started elsewhere, or that hang, keep the socket open when the command has ended."""
        self._process.wait()
        limit = threading.Timer(GRACE, self._close)
        limit.daemon = True
        limit.start()

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # nobody is at the other end any more
            self._socket.shutdown(socket.SHUT_RDWR)

    def _log(self) -> None:
        """What it writes beside its messages, such as which process died."""
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                if text := line.decode(errors="replace").strip():
                    log.info("%s", text)
