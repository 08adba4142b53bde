"""What the machine has: disk, memory, GPU, ports."""

import os
import shutil
import socket
from collections.abc import Iterator

import torch

from bot import cards
from bot.cli import machine
from bot.cli.doctor.findings import Case, Check, Finding, bad, good, warning
from bot.cli.doctor.program import is_alive
from bot.cli.machine import GB, NEEDS
from bot.troubles import DISK_BYTES

LEAST_DISK = DISK_BYTES / GB  # what the owner is told of too


def disk(case: Case) -> Iterator[Finding]:
    settings = case.settings
    of_database = () if settings.database_file is None else (settings.database_file.parent,)
    folders = settings.backup_dir, *of_database, settings.data_dir
    # Of folders on one disk the last is told.
    disks = {folder.stat().st_dev: folder for folder in map(machine.existing, folders)}
    for folder in disks.values():
        if not os.access(folder, os.W_OK | os.X_OK):
            yield bad(
                f"{folder} can't be written by you. Start the bot as its owner, or set MARQUEE_DATA_DIR to another."
            )
            continue
        free = shutil.disk_usage(folder).free / GB
        if free < LEAST_DISK:
            yield bad(f"{free:.1f} GB are free where {folder} is, and {LEAST_DISK:g} GB should be. Make room.")
        else:
            yield good(f"{free:,.0f} GB are free where {folder} is.")


def memory(case: Case) -> Iterator[Finding]:
    name, has = case.settings.movielens, machine.memory()
    needs = NEEDS[name].gigabytes
    if has is None:
        yield warning(f"This system doesn't tell how much there is. {name} needs {needs:g} GB.")
    elif has < needs:
        yield bad(
            f"There are {has:.1f} GB, and learning from {name} needs {needs:g} GB. Choose a smaller set: make setup"
        )
    else:
        yield good(f"{has:.1f} GB, of which {name} needs {needs:g} GB.")


def gpu(case: Case) -> Iterator[Finding]:
    device = case.settings.device
    if device == "cpu":
        yield good("MARQUEE_DEVICE is cpu: the processor learns.")
    elif torch.cuda.is_available():
        yield good(f"{torch.cuda.get_device_name()} learns.")
    elif device == "cuda":
        yield bad("MARQUEE_DEVICE is cuda, but torch finds no GPU here. Set it to auto or cpu.")
    else:
        yield good(f"torch finds none, so the processor learns, on {cards.count(torch.get_num_threads(), 'thread')}.")


def ports(case: Case) -> Iterator[Finding]:
    settings = case.settings
    if _is_free("127.0.0.1", settings.preview_port):
        yield good(f"The preview's, {settings.preview_port}, is free.")
    else:
        yield good(
            f"The preview's, {settings.preview_port}, is taken: by a running preview, or the preview takes another."
        )
    if settings.metrics_port is None:
        return
    place = f"{settings.metrics_host}:{settings.metrics_port}"
    if _is_free(settings.metrics_host, settings.metrics_port):
        yield good(f"The metrics', {place}, is free.")
    elif is_alive(settings.data_dir):
        yield good(f"The metrics', {place}, is taken, as it should be by the bot that runs.")
    else:
        yield bad(
            f"The metrics', {place}, can't be had, and no bot of this folder runs. Set MARQUEE_METRICS_PORT to another."
        )


def _is_free(host: str, port: int) -> bool:
    try:
        # A port that a server has just given back counts as free, as it does for the next server.
        socket.create_server((host, port), family=_family(host)).close()
    except OSError:
        return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


CHECKS: dict[str, Check] = {"disk": disk, "memory": memory, "GPU": gpu, "ports": ports}
