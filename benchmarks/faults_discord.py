"""What does an evening survive of Discord?  python -m benchmarks.faults_discord

The bot in this process, connected to a Discord on loopback. Two evenings are on in two channels, and at the first something goes
wrong: just then the last votes of both are cast, and somebody rates a film. It is survived if both come to their end, or are
called off where their channel is gone, if the second one's card shows its film, if the bot answers afterwards, and if the log has
no traceback. Lost are ratings and votes. Prints Markdown.
"""

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket as Op

from benchmarks import options as command_line
from benchmarks.report import Report
from bot import Marquee, Settings
from bot.cli.logs import reconnect_in_a_line
from bot.night.clock import Clock
from bot.store import Night
from tests.bot.wire import BROKEN, OK, Failure, Wire, running
from tests.bot.wire_payloads import ALICE, CHANNEL, GUILD, OTHER_CHANNEL, SERVER, channel

TICK = 0.25  # seconds between two looks of the evenings' clock
PATIENCE = 60.0  # seconds until something counts as hanging
LOOK = 0.02  # seconds between two looks whether it has happened
TRIES = 5  # of discord.py, to give one answer
SLOW = 4.0  # seconds: Discord waits three for an answer
RATED = ("Heat (1995)", "Alien (1979)")  # while it happens, and afterwards
HEAD = ("", "injected", "survived", "lost", "lines in the log", "tracebacks")


@dataclass(frozen=True)
class Scene:
    """The bot and its Discord, and the evening at which something goes wrong."""

    bot: Marquee
    wire: Wire
    night: Night

    def fails(self, method: str, path: str, status: int, times: int = 1, **how: float) -> None:
        self.wire.failures += [Failure(method, path, status, **how) for _ in range(times)]


Fault = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Suffered:
    """What became of it. log: from warnings on."""

    survived: bool
    lost: int
    log: list[str]
    tracebacks: int


def main() -> None:
    options = command_line.parser("What an evening survives of Discord, as Markdown.", 1).parse_args()
    logging.getLogger("discord.shard").addFilter(reconnect_in_a_line)  # as `python -m bot run` does
    with (
        Report("faults_discord", options.results) as report,
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        for heading, rows in asyncio.run(_tables(Path(folder), monkeypatch)).items():
            report.heading(heading)
            report.table(HEAD, rows)


async def _tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Heading -> rows."""
    home = folder / "first"
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        async with running(_settings(home), wire):  # it learns its model
            pass
    tables: dict[str, list[list[str]]] = {}
    for heading, faults in FAULTS.items():
        for name, fault in faults.items():
            settings = _settings(folder / name)
            shutil.copytree(home / "models", settings.data_dir / "models")
            async with Wire.open() as wire:
                wire.redirect(monkeypatch)
                suffered = await suffer(fault, settings, wire)
            figures = (1, int(suffered.survived), suffered.lost, len(suffered.log), suffered.tracebacks)
            tables.setdefault(heading, []).append([name, *map(str, figures)])
    return tables


def _settings(folder: Path) -> Settings:
    return Settings(_env_file=None, database=folder / "club.db", data_dir=folder, device="cpu", films="off")


async def suffer(fault: Fault, settings: Settings, wire: Wire) -> Suffered:
    """discord.py has to be redirected before."""
    with _quick_clock():
        return await _suffer(fault, settings, wire)


async def _suffer(fault: Fault, settings: Settings, wire: Wire) -> Suffered:
    async with running(settings, wire) as bot:
        first, second = [await _voting(bot, wire, place) for place in (CHANNEL, OTHER_CHANNEL)]
        with _logged() as log:
            await fault(Scene(bot, wire, first[0]))
            # The wire knows what is sent for as long as it is held here.
            sent = [await wire.send("rate", {"movie": RATED[0], "stars": 4.0})]
            sent += [await wire.press(ballot, "Done") for _, ballot in (first, second)]
            ended = [await _within(partial(_has_ended, bot, wire, night)) for night, _ in (first, second)]
            sent.append(await wire.send("rate", {"movie": RATED[1], "stars": 5.0}))
            lives = await _within(lambda: sent[-1].answer.done() and _is_nobody_waiting())
        is_gone = not wire.guilds or OTHER_CHANNEL not in wire.server.channels
        shown = is_gone or "won" in str(wire.server.messages[second[0].message or 0])
        ratings = await bot.store.history(ALICE)
        votes = [(await bot.store.votes.ballot(night.id, ALICE)).films for night, _ in (first, second)]
    tracebacks = sum(record.exc_info is not None for record in log)
    lost = len(RATED) - len(ratings) + votes.count(frozenset())
    survived = all(ended) and lives and shown and not tracebacks
    return Suffered(survived, lost, [record.getMessage() for record in log], tracebacks)


async def _voting(bot: Marquee, wire: Wire, place: int) -> tuple[Night, int]:
    """An evening with an event, and the host's ballot, on which they approved of a film."""

    async def night() -> Night | None:
        found = await bot.store.nights.latest(place)
        return found if found and found.message and found.event else None

    start = await wire.send("night start", {"when": "in 3 hours"}, place=place)
    await start.answer
    await _within(night)
    begun = await night()
    assert begun is not None
    assert begun.message is not None
    picked = await wire.press(begun.message, "Pick for us")
    await picked.answer
    assert await _within(lambda: "'Vote'" in str(wire.server.messages[begun.message]))
    asked = await wire.press(begun.message, "Vote")
    await asked.answer
    approved = await wire.press(asked.id, "")  # the first film
    await approved.answer
    return begun, asked.id


async def _has_ended(bot: Marquee, wire: Wire, night: Night) -> bool:
    """Whether the vote and all that follows from it is done; the night is called off if its channel or the server is gone."""
    found = await bot.store.nights.get(night.id)
    assert found is not None
    if wire.guilds and night.channel in wire.server.channels:
        return found.state == "planned" and found.concluded
    return found.state == "cancelled"


def _is_nobody_waiting() -> bool:
    """Whether all commands and presses are dealt with."""
    return not any(task.get_name().startswith(("CommandTree", "discord-ui")) for task in asyncio.all_tasks())


async def _within(condition: Callable[[], object]) -> bool:
    """Whether it comes true before PATIENCE has run out."""
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        told = condition()
        if await told if isinstance(told, Awaitable) else told:
            return True
        await asyncio.sleep(LOOK)
    return False


@contextmanager
def _quick_clock() -> Iterator[None]:
    """The clock of evenings looks every TICK."""
    before = Clock._tick.seconds
    Clock._tick.change_interval(seconds=TICK)
    try:
        yield
    finally:
        Clock._tick.change_interval(seconds=before)


@contextmanager
def _logged() -> Iterator[list[logging.LogRecord]]:
    records = list[logging.LogRecord]()
    handler = logging.Handler(logging.WARNING)
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield records
    finally:
        logging.getLogger().removeHandler(handler)


def _card(status: int, times: int = 1, **how: float) -> Fault:
    """So ends the next edit of the card; see `Failure`."""

    async def fault(scene: Scene) -> None:
        scene.fails("PATCH", f"/messages/{scene.night.message}", status, times, **how)

    return fault


def _event(status: int, **how: float) -> Fault:
    async def fault(scene: Scene) -> None:
        scene.fails("PATCH", f"/scheduled-events/{scene.night.event}", status, **how)

    return fault


def _answer(status: int, times: int = 1, **how: float) -> Fault:
    """So end the bot's next answers to a member."""

    async def fault(scene: Scene) -> None:
        scene.fails("POST", "/callback", status, times, **how)

    return fault


async def _dropped(scene: Scene) -> None:
    await scene.wire.drop()


async def _told_to_reconnect(scene: Scene) -> None:
    await scene.wire.order(Op.RECONNECT, None)
    await scene.wire.connected()


async def _invalid_session(scene: Scene) -> None:
    await scene.wire.order(Op.INVALIDATE_SESSION, False)
    await scene.wire.connected()


async def _forgotten_session(scene: Scene) -> None:
    scene.wire.forgetful = True
    await scene.wire.drop()
    await scene.wire.connected()


async def _closed_for_no_reason(scene: Scene) -> None:
    await scene.wire.drop(code=1000)
    await scene.wire.connected()


async def _gateway_gone(scene: Scene) -> None:
    scene.fails("GET", "/gateway", 503)
    await scene.wire.order(Op.RECONNECT, None)
    await scene.wire.connected()


async def _message_deleted(scene: Scene) -> None:
    del scene.wire.server.messages[scene.night.message or 0]


async def _channel_deleted(scene: Scene) -> None:
    await _channel_deleted_meanwhile(scene)
    await scene.wire.tell("CHANNEL_DELETE", channel(CHANNEL))


async def _channel_deleted_meanwhile(scene: Scene) -> None:
    scene.wire.server.channels.remove(CHANNEL)


async def _server_deleted(scene: Scene) -> None:
    scene.wire.server.channels.clear()
    await scene.wire.tell("GUILD_DELETE", {"id": str(GUILD)})


async def _bot_removed(scene: Scene) -> None:
    await _bot_removed_meanwhile(scene)
    await scene.wire.tell("GUILD_DELETE", {"id": str(GUILD)})


async def _bot_removed_while_away(scene: Scene) -> None:
    """It hears of it as it connects anew."""
    await _bot_removed_meanwhile(scene)
    await _forgotten_session(scene)


async def _bot_removed_meanwhile(scene: Scene) -> None:
    scene.wire.guilds.clear()
    scene.wire.server.closed |= scene.wire.server.channels


async def _outage(scene: Scene) -> None:
    """The votes are cast while the server is away; then it comes back."""
    await scene.wire.tell("GUILD_DELETE", {"id": str(GUILD), "unavailable": True})
    asyncio.get_running_loop().call_later(
        4 * TICK, lambda: asyncio.ensure_future(scene.wire.tell("GUILD_CREATE", SERVER))
    )


async def _rights_withdrawn(scene: Scene) -> None:
    scene.wire.server.closed.add(CHANNEL)


async def _event_deleted(scene: Scene) -> None:
    gone = scene.wire.server.events.pop(scene.night.event or 0)
    await scene.wire.tell("GUILD_SCHEDULED_EVENT_DELETE", gone)


async def _event_deleted_meanwhile(scene: Scene) -> None:
    del scene.wire.server.events[scene.night.event or 0]


# By the heading under which they are told.
FAULTS: dict[str, dict[str, Fault]] = {
    "Errors and slow answers": {
        "429 to the card's edit, to be repeated after half a second": _card(429, retry_after=0.5),
        "429 to an answer": _answer(429, retry_after=0.5),
        "502 to the card's edit": _card(502),
        "503 to the card's edit, three times": _card(503, 3),
        "503 to the event's edit": _event(503),
        "500 to an answer": _answer(500),
        "500 to four answers as often as they are tried": _answer(500, 4 * TRIES),
        "an answer is taken after 4 s": _answer(OK, seconds=SLOW),
        "the card's edit takes 4 s": _card(OK, seconds=SLOW),
    },
    "Connections that break": {
        "before Discord's word on an answer": _answer(BROKEN),
        "before its word on the card's edit, three times": _card(BROKEN, 3),
        "before its word on the event's edit": _event(BROKEN),
        "the gateway drops the connection; RESUME": _dropped,
        "the gateway wants a reconnect; RESUME": _told_to_reconnect,
        "the gateway closes for no reason; RESUME": _closed_for_no_reason,
        "the gateway can't be reached at first; RESUME": _gateway_gone,
        "the session is invalid; a new one": _invalid_session,
        "the session can't be resumed; a new one": _forgotten_session,
    },
    "Deleted, away or withdrawn": {
        "the card is deleted": _message_deleted,
        "the channel is deleted": _channel_deleted,
        "the channel is deleted, and the bot doesn't hear of it": _channel_deleted_meanwhile,
        "the server is deleted": _server_deleted,
        "the server removes the bot": _bot_removed,
        "the server removes the bot while it isn't connected": _bot_removed_while_away,
        "the server is away for a second": _outage,
        "the right to see the channel is withdrawn": _rights_withdrawn,
        "the event is deleted by hand": _event_deleted,
        "the event is deleted, and the bot doesn't hear of it": _event_deleted_meanwhile,
    },
}


if __name__ == "__main__":
    main()
