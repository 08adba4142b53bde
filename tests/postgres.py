"""A PostgreSQL server of the tests' own, of the version that is installed."""

import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from tests.ports import free_port

OWNER = "postgres"  # the user that Debian's packages make: the server refuses to run as root


@cache
def binaries() -> Path | None:
    """The folder of the server that PATH leads to, else of the newest of Debian's, if there is one."""
    if (initdb := shutil.which("initdb")) is not None:
        return Path(initdb).resolve().parent
    found = [folder / "bin" for folder in Path("/usr/lib/postgresql").glob("*") if (folder / "bin/initdb").exists()]
    return max(found, key=_version, default=None)


def _version(folder: Path) -> int:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    [number] = re.findall(r"PostgreSQL\) (\d+)", said)
    return int(number)


@dataclass(frozen=True)
class Server:
    """One that runs. Its databases are gone with it."""

    data: Path
    port: int
    is_durable: bool

    @property
    def pid(self) -> int:
        """Of the process that has started all others of the server."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def address(self, database: str = OWNER) -> str:
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"

    async def create(self, like: str = "template1") -> str:
        """The address of a new database, like one to which nobody is connected."""
        name = f"club_{uuid.uuid4().hex}"
        admin = await asyncpg.connect(self.address())
        try:
            await admin.execute(f'CREATE DATABASE {name} TEMPLATE "{like}"')
        finally:
            await admin.close()
        return self.address(name)

    def stop(self, mode: str = "immediate") -> None:
        _control(self.data, "stop", "-m", mode)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1,::1 -c unix_socket_directories={self.data}"
        if not self.is_durable:
            # Nor is one there long enough to need a cleaner, which would see what a test deletes for a moment longer.
            options += " -c fsync=off -c autovacuum=off"
        _control(self.data, "start", "-l", self.data / "log", "-o", options)


@contextmanager
def server(*, is_durable: bool = False) -> Iterator[Server]:
    """Start one on a free port, with a data folder of its own. No test cuts the power, so unless it is to be durable nothing need
    be on the disk to outlive what tests do. Both are gone after the block, and also where this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix="marquee-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    # Its input ends with this process, however that ends.
    end = 'cat; "$0" -D "$1/data" -m immediate -t 600 stop; rm -rf "$1"'
    words = ["sh", "-c", end, _program("pg_ctl"), folder]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (
        free_port() as port,
        subprocess.Popen(words, cwd="/", stdin=subprocess.PIPE, start_new_session=True, **quiet, **_owner()),
    ):
        running = Server(folder / "data", port, is_durable)
        _run("initdb", "-D", running.data, "-U", OWNER, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync")
        running.start()
        yield running


async def empty(address: str) -> None:
    """Let a database be as if it were new: with its tables, if it has some, and nothing in them."""
    connection = await asyncpg.connect(address)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version'"
        )
        steps = ["SET session_replication_role = replica"]  # no trigger, and no foreign key
        await connection.execute(";".join([*steps, *(f'DELETE FROM "{table}"' for (table,) in tables)]))
        await connection.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")
    finally:
        await connection.close()


def _control(data: Path, *arguments: object) -> None:
    _run("pg_ctl", "-D", data, "-w", "-t", "600", *arguments)


def _run(program: str, *arguments: object) -> None:
    done = subprocess.run(
        [_program(program), *map(str, arguments)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the server keeps it open
        stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
        text=True,
        **_owner(),
    )
    assert done.returncode == 0, done.stderr or (Path(str(arguments[1])) / "log").read_text(errors="replace")


def _program(name: str) -> Path:
    folder = binaries()
    assert folder is not None
    return folder / name


def _owner() -> dict[str, Any]:
    """Whom its programs run as."""
    return {"user": OWNER, "group": OWNER, "extra_groups": []} if os.geteuid() == 0 else {}
