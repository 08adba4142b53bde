"""The program and its settings."""

import platform
import shlex
import shutil
import stat
import time
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from packaging.specifiers import SpecifierSet

from bot.cli import env_file
from bot.cli.doctor.findings import Case, Check, Finding, bad, good, warning
from bot.cli.versions import needs, outdated
from bot.heartbeat import LIVES, Heartbeat, NoHeartbeatError, left, told_of_all
from bot.settings import ENV_FILE, EnvFileError, misspelled


def python(case: Case) -> Iterator[Finding]:
    version, (needed, _) = platform.python_version(), needs()
    if version in SpecifierSet(needed, prereleases=True):
        yield good(f"{version}, and Marquee {metadata.version('marquee')}.")
    else:
        yield bad(
            f"{version}, but Marquee needs {needed}. Install a newer one: make clean, then make run PYTHON=python3.12"
        )


def packages(case: Case) -> Iterator[Finding]:
    _, needed = needs()
    if old := list(outdated(needed)):
        yield bad(f"Missing or too old: {', '.join(old)}. Install them: make install")
    else:
        yield good("All are there, and new enough.")


def settings(case: Case) -> Iterator[Finding]:
    for fault in case.faults:
        yield bad(f"{fault.removesuffix('.')}. It is taken for unset here. See docs/settings.md.")
    try:
        names = misspelled()
    except (EnvFileError, OSError):
        yield warning(f"Those in {ENV_FILE} can't be read; only the environment's count here.")
        return
    for sentence in names:
        yield warning(sentence)
    if not case.faults and not names:
        yield good("All can be used.")


def own_file(case: Case) -> Iterator[Finding]:
    path = Path(ENV_FILE)
    if not path.exists():
        told = f"There is none in {Path.cwd()}, so all settings come from the environment."
        # In a container that is as it should be.
        yield warning(f"{told} make setup writes one.") if case.token is None else good(told)
        return
    try:
        misspelled()
        for line in env_file.broken_lines():
            yield bad(env_file.BROKEN.format(line=line))
    except EnvFileError as error:
        yield bad(str(error))
    except OSError as error:
        yield bad(f"It can't be read: {error.strerror}. See whose it is: ls -l {ENV_FILE}")
        return
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(f"Others on this machine may read it, and it holds secrets: chmod 600 {ENV_FILE}")
    else:
        yield good("Only its owner can read it.")


def running(case: Case) -> Iterator[Finding]:
    try:
        is_well, sentence = told_of_all(case.settings.data_dir, int(time.time()))
    except NoHeartbeatError as error:
        yield warning(str(error))
    else:
        yield good(sentence) if is_well else bad(sentence)


def alerts(case: Case) -> Iterator[Finding]:
    channel, webhook = case.settings.alert_channel, case.settings.alert_webhook
    ways = [f"channel {channel}"] * (channel is not None) + ["a webhook"] * (webhook is not None)
    if ways:
        yield good(f"What needs your hand is told to {' and '.join(ways)}. /admin status says whether it arrives.")
    else:
        yield warning(
            "You are not told when learning or a backup fails, or the disk is full. Set MARQUEE_ALERT_WEBHOOK: make setup"
        )


def learning(case: Case) -> Iterator[Finding]:
    command = case.settings.train_command
    if command is None:
        yield good("The bot's own process learns.")
        return
    program = shlex.split(command)[0]
    if shutil.which(program) is None:
        yield bad(f"MARQUEE_TRAIN_COMMAND begins with {program}, which can't be run from {Path.cwd()}. Write its path.")
    else:
        yield good(f"{program} starts the processes that learn.")


def is_alive(data_dir: Path) -> bool:
    """Whether a bot runs with this data folder, well or not."""
    for process in left(data_dir):
        with suppress(NoHeartbeatError):
            if abs(time.time() - Heartbeat.read(data_dir, process).time) <= LIVES:
                return True
    return False


def time_zones(case: Case) -> Iterator[Finding]:
    known = len(zoneinfo.available_timezones())
    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        yield bad("There are no time zones, so evenings can't be planned. Install them: pip install tzdata")
    else:
        yield good(f"{known} are known.")


CHECKS: dict[str, Check] = {
    "Python": python,
    "packages": packages,
    "settings": settings,
    ENV_FILE: own_file,
    "time zones": time_zones,
    "bot": running,
    "alerts": alerts,
    "learning": learning,
}
