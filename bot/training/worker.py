"""One of the processes that learn together, started by a command such as `torchrun --nproc-per-node 2 -m bot.training.worker`.

The first of them gets the job as the first line of its standard input, and every one writes what it has to say as lines of JSON
to its standard output: whatever starts them hands both through. The bot's end closes that input, and ends them.
"""

import contextlib
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch

from bot.training.messages import Arrived, Message, decoded_job, encoded, encoded_job
from bot.training.process import begin, failure
from bot.training.retrain import Job, train
from bot.training.run import Progress
from recommender.communicator import Communicator

PAUSE = 0.5  # seconds between two looks at whether what started this process is still there


class _Output:
    """Standard output, for messages alone: what else is printed goes to standard error."""

    def __init__(self) -> None:
        self._lines = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        line = encoded(message)
        with self._lock:
            while line:  # of what is short, all at once, so that lines of two processes don't mix
                line = line[os.write(self._lines, line) :]


def main() -> int:
    output = _Output()
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    begin(output.send, threads=max(1, ((os.cpu_count() or 1) - 1) // here))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        _learn(output)
    except Exception as error:
        with contextlib.suppress(OSError):  # the bot may be gone
            output.send(failure(error))
        # At once: what is still connected to the others could wait for them.
        os._exit(1)
    return 0


def _learn(output: _Output) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with Communicator.joined(device) as spread:
        if device.type == "cuda":
            torch.cuda.set_device(spread.local)
        job = shared(_job() if spread.rank == 0 else None, spread)

        def progress(phase: str, fraction: float) -> None:
            if spread.rank == 0:
                output.send(Progress(phase, fraction))

        def arrived(films: pd.DataFrame) -> None:
            output.send(Arrived(films))

        report = train(job, progress, arrived, spread)
        if spread.rank == 0:
            output.send(report)


def shared(job: Job | None, spread: Communicator) -> Job:
    """What the first process was given, for all. It alone reads the database, and nothing that is sent is encrypted: so the
    others don't hear where that is, with which password."""
    told = spread.told(b"" if job is None else encoded_job(replace(job, database=Path())))
    return decoded_job(told) if job is None else job


def _job() -> Job:
    """From the first line. A thread waits for the end of what comes after it."""
    line = sys.stdin.buffer.readline()
    if not line:
        raise ValueError("no job came. The bot starts this with MARQUEE_TRAIN_COMMAND")
    threading.Thread(target=_end_with_input, daemon=True).start()
    return decoded_job(line)


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not by Python's buffer: its lock would be held when the process ends
        pass
    os._exit(1)


def _end_with_parent(parent: int) -> None:
    """What started this process may be killed, and can't end it then."""
    while os.getppid() == parent:
        time.sleep(PAUSE)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
