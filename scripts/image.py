"""Carry out the Dockerfile's steps in a fresh folder, where no engine runs, and start there what it starts:

python -m scripts.image

Each step sees this machine's /usr and Python in place of the base image's, and of everything else only what the steps before
it made. The bot then runs as the image's user, may write to its volume and to /tmp, and connects to a Discord on loopback.
It needs root, bubblewrap, and a Python with a prefix of its own, as the image's has.
"""

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from dockerfile_parse import DockerfileParser

from tests.bot.wire import TOKEN, Wire

ROOT = Path(__file__).parents[1]
# Torch's own indexes stand for the build; any index that has the version will do here.
BUILD_ARGUMENTS = {"TORCH_INDEX": "https://pypi.org/simple"}
PYTHONS = "/usr/local"  # where the base image has its Python
# The base image's; the second is so that Python finds its own library at its new place.
BASE = {"PATH": f"{PYTHONS}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": f"{PYTHONS}/lib"}
# What a base image has of its own in /etc, and what reaches the package index from here.
ETC = ("group", "gshadow", "hosts", "login.defs", "nsswitch.conf", "passwd", "resolv.conf", "shadow", "ssl", "xdg")
NETWORK = ("PIP_", "SSL_", "HTTP_", "HTTPS_", "NO_", "http_", "https_", "no_")  # how names of variables begin
BEFORE_IT_STOPS = 10.0  # seconds; compose.yaml grants twice as many
STARTING = 600.0  # seconds; only a bot that fails takes so long

# Read by Python before the image's own entry point: it alone says which Discord.
REDIRECTED = "/tmp/redirect"
REDIRECT = """
import os, yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = os.environ["REST"], yarl.URL(os.environ["GATEWAY"])
"""


@dataclass
class Stage:
    """A stage of the build, or the image, in `root`: what the instructions so far have said."""

    root: Path
    environment: dict[str, str] = field(default_factory=BASE.copy)
    folder: str = "/"
    user: str = "0:0"
    volume: str = ""
    stop_signal: str = "SIGTERM"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "etc").mkdir(parents=True)
        for name in ETC:
            source, target = Path("/etc", name), self.root / "etc" / name
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copy(source, target)

    def sandbox(self, *how: str) -> list[str]:
        """bubblewrap with this machine's system and the stage's root; `how`: what else."""
        system = [
            part for name in ("usr", "bin", "sbin", "lib", "lib64", "opt") for part in _shown(f"/{name}", f"/{name}")
        ]
        return [
            *("bwrap", "--die-with-parent", "--clearenv", *how, *system, *_shown(sys.base_prefix, PYTHONS)),
            *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp", "--chdir", self.folder),
            *(part for name, value in self.environment.items() for part in ("--setenv", name, value)),
        ]

    def run(self, command: str, arguments: dict[str, str]) -> None:
        """RUN, as root."""
        reaching = {name: value for name, value in os.environ.items() if name.startswith(NETWORK)}
        shown = [part for pair in {**reaching, **arguments}.items() for part in ("--setenv", *pair)]
        subprocess.run(
            [*self.sandbox("--bind", str(self.root), "/"), *shown, "--", "/bin/sh", "-c", command], check=True
        )

    def copy(self, source: Path, target: str) -> None:
        """COPY. A folder's contents, or a file."""
        goal = self.root / target.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, goal, symlinks=True, dirs_exist_ok=True, copy_function=os.link)
            return
        goal = goal / source.name if target.endswith("/") else goal
        goal.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, goal)

    def started(self, *words: str, shown: Sequence[str] = (), **environment: str) -> list[str]:
        """The command line that starts these words in the image as an engine with compose.yaml's limits would."""
        uid, _, gid = self.user.partition(":")
        volume = str(self.root / self.volume.lstrip("/"))
        return [
            *self.sandbox(
                "--ro-bind", str(self.root), "/", "--unshare-ipc", "--unshare-uts", "--bind", volume, self.volume
            ),
            *shown,
            *(part for pair in environment.items() for part in ("--setenv", *pair)),
            *("--", "/usr/bin/setpriv", "--reuid", uid, "--regid", gid, "--clear-groups"),
            *("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", *words),
        ]


def _shown(source: str, target: str) -> list[str]:
    return ["--ro-bind-try", source, target]


def build(folder: Path) -> Stage:
    """The image, in `folder`. Raises subprocess.CalledProcessError for a step that fails, ValueError for an unknown one."""
    context = _context(folder / "context")
    # The parser writes to the file that it is given a path of.
    with (ROOT / "Dockerfile").open("rb") as file:
        steps = [(step["instruction"], step["value"]) for step in DockerfileParser(fileobj=file).structure]
    stages: dict[str, Stage] = {}
    arguments: dict[str, str] = {}
    stage: Stage | None = None
    for instruction, value in steps:
        began = time.perf_counter()
        if instruction == "FROM":
            name = value.partition(" AS ")[2] or "image"
            stage = stages[name] = Stage(folder / name)
        elif instruction == "ARG":
            name, _, default = value.partition("=")
            arguments[name] = BUILD_ARGUMENTS.get(name, default)
        elif instruction == "COPY":
            assert stage is not None
            _copy(stage, value, stages, context)
        elif instruction == "RUN":
            assert stage is not None
            stage.run(value, arguments)
        elif instruction != "COMMENT":
            assert stage is not None
            _describe(stage, instruction, value)
        if instruction in ("RUN", "COPY"):
            print(f"{time.perf_counter() - began:6.1f} s  {instruction} {' '.join(value.split())[:100]}", flush=True)
    assert stage is not None
    return stage


def _context(folder: Path) -> Path:
    """What .dockerignore leaves: it names first everything, then what is let in, then a pattern of what isn't."""
    folder.mkdir()
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return folder


def _copy(stage: Stage, value: str, stages: dict[str, Stage], context: Path) -> None:
    *sources, target = shlex.split(value)
    if sources[0].startswith("--from="):
        context = stages[sources.pop(0).removeprefix("--from=")].root
    for source in sources:
        stage.copy(context / source.lstrip("/"), target)


def _describe(stage: Stage, instruction: str, value: str) -> None:
    """What a step says of how the image is started."""
    match instruction:
        case "ENV":
            for pair in shlex.split(value):
                name, _, given = pair.partition("=")
                stage.environment[name] = Template(given).substitute(stage.environment)
        case "WORKDIR":
            stage.folder = value
        case "USER":
            stage.user = value
        case "VOLUME":
            stage.volume = value
        case "STOPSIGNAL":
            stage.stop_signal = value
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(value)
        case "CMD":
            stage.command = json.loads(value)
        case "HEALTHCHECK":
            stage.health = json.loads(value.partition("CMD ")[2])
        case "LABEL":
            pass
        case _:
            raise ValueError(f"{instruction} is not known here")


def says(image: Stage, *words: str) -> tuple[int, str]:
    """How a command in the image ends, and what it says."""
    ended = subprocess.run(image.started(*words), capture_output=True, text=True, check=False)
    print(f"{' '.join(words)}: {ended.returncode}\n{ended.stdout}{ended.stderr}", flush=True)
    return ended.returncode, ended.stdout + ended.stderr


@asynccontextmanager
async def running(image: Stage, folder: Path, wire: Wire) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """The image's own command, on that Discord, as a process and the id of the bot in it; killed at the end if it still runs."""
    redirect = folder / "redirect"
    redirect.mkdir()
    (redirect / "sitecustomize.py").write_text(REDIRECT)
    told = {"DISCORD_TOKEN": TOKEN, "MARQUEE_FILMS": "off", "REST": wire.rest, "GATEWAY": str(wire.gateway)}
    command = image.started(
        *image.entrypoint, *image.command, shown=_shown(str(redirect), REDIRECTED), PYTHONPATH=REDIRECTED, **told
    )
    reading, writing = os.pipe()
    bot = await asyncio.create_subprocess_exec(
        *(command[0], "--info-fd", str(writing), *command[1:]), pass_fds=[writing], start_new_session=True
    )
    os.close(writing)
    with os.fdopen(reading) as information:
        process = json.load(information)["child-pid"]
    try:
        yield bot, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(bot.pid, signal.SIGKILL)
        await bot.wait()


def _healthy(image: Stage) -> None:
    """Returns once the health check passes; asks as often as an engine might."""
    while says(image, *image.health)[0] != 0:
        time.sleep(5)


async def start_and_stop(image: Stage, folder: Path) -> None:
    """Raises TimeoutError where it doesn't connect, never becomes healthy or stops too late, AssertionError if it ends badly."""
    async with Wire.open() as wire, running(image, folder, wire) as (bot, process):
        async with asyncio.timeout(STARTING):
            await wire.connected()
            await asyncio.to_thread(_healthy, image)
        began = time.perf_counter()
        os.kill(process, signal.Signals[image.stop_signal])
        async with asyncio.timeout(BEFORE_IT_STOPS):
            status = await bot.wait()
        print(f"Stopped within {time.perf_counter() - began:.1f} s.", flush=True)
    assert status == 0, f"it ended with {status}"


def main() -> int:
    """The exit status: 0, or 1 with what failed."""
    if os.geteuid() != 0 or shutil.which("bwrap") is None:
        print("The container's steps need root and bubblewrap.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = build(folder)
        assert says(image, *image.entrypoint, "--help")[0] == 0
        assert says(image, *image.health)[0] == 1, "it is healthy before it runs"
        asyncio.run(start_and_stop(image, folder))
        kept = sorted(path.name for path in (image.root / image.volume.lstrip("/")).iterdir())
        print("In its volume:", *kept)
        assert "marquee.db" in kept
    return 0


if __name__ == "__main__":
    sys.exit(main())
