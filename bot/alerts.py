"""What needs its owner's hand is told: in a channel, by a webhook, or by both, as the settings say."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import discord
from discord.abc import Messageable
from pydantic import SecretStr, TypeAdapter, ValidationError

from bot import cards
from bot.redaction import Redactor
from bot.settings import Settings
from bot.store import Store, Unavailable

HOUR, DAY = 3600, 86_400
SEND_SECONDS = 60.0  # discord.py itself tries again what Discord fails at
META = "alerts"

Kind = Literal["retrain", "backup", "disk", "database", "model", "tmdb", "films", "shards", "server"]


class _About(NamedTuple):
    title: str
    advice: str


ABOUT: dict[Kind, _About] = {
    "retrain": _About("Learning fails", "The model from before goes on serving, if there is one."),
    "backup": _About("No backup could be made", "Look whether its folder is there and has room."),
    "disk": _About("A disk is nearly full", "Make room: once it is full, nothing that members do is saved."),
    "database": _About(
        "The database is damaged",
        "Stop the bot and put the last backup in its place; `python -m bot restore` says how.",
    ),
    "server": _About(
        "The database can't be reached", "Until it is there, hardly anything is answered, and nothing is saved."
    ),
    "model": _About("The model's file is damaged", "The bot learns anew by itself. If it comes again, test the disk."),
    "tmdb": _About("TMDB refuses the token", "Until then cards have no posters."),
    "films": _About(
        "New films are refused",
        "Set `MARQUEE_CONTACT` to an address at which you can be reached, and start the bot again. What is known is kept.",
    ),
    "shards": _About(
        "A shard is nearly full",
        "Stop the bot, all of a cluster, and start it again: it opens as many shards as Discord advises. If `MARQUEE_SHARDS` "
        "says how many, raise that first.",
    ),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble, and what the owner has heard of it."""

    sentence: str
    since: int  # UTC seconds
    is_over: bool = False
    told: str | None = None  # the sentence that was told last; None once it was told that all is well
    told_at: int | None = None  # UTC seconds

    def is_due(self, now: int) -> bool:
        """Whether there is something to tell: at most once an hour, and of what stays as it is once a day."""
        age = DAY if self.told_at is None or now < self.told_at else now - self.told_at
        if self.is_over:
            return self.told is not None and age >= HOUR
        return age >= (DAY if self.told == self.sentence else HOUR)


class Alerts:
    """What is wrong now, and telling it. Nothing here raises. What can't be delivered is tried again by the next `deliver`, of
    each kind what is last known. What was told is kept in the store, so that a bot which starts again and again tells it once.
    That can't be where the kind is "server": one process tells of it and remembers, whichever leads."""

    def __init__(self, bot: discord.Client, settings: Settings, store: Store, now: Callable[[], int]) -> None:
        self._bot, self._store, self._now = bot, store, now
        self._channel, self._webhook = settings.alert_channel, settings.alert_webhook
        self._redact = Redactor(settings.secrets())
        self._troubles: dict[Kind, Trouble] = {}
        self._saved = ""
        self._failure: str | None = None  # why the last message was not delivered
        self._complained: dict[str, int] = {}  # when the log was told of a way that fails

    async def load(self) -> None:
        """Take up what was told before the last start."""
        try:
            self._saved = await self._store.get_meta(META) or "{}"
            kept = {kind: trouble for kind, trouble in _KEPT.validate_json(self._saved).items() if kind in ABOUT}
            own = {kind: trouble for kind, trouble in self._troubles.items() if kind == "server"}
            self._troubles = kept | own
        except (Unavailable, ValidationError) as error:
            log.warning("what the owner was told before is not known: %s", type(error).__name__)

    def tell(self, kind: Kind, sentence: str) -> None:
        """There is this trouble. To be told on the event loop, as often as it is seen; the log is the caller's to tell."""
        before = self._troubles.get(kind, Trouble("", since=0, is_over=True))
        since = self._now() if before.is_over else before.since
        self._troubles[kind] = replace(before, sentence=sentence, since=since, is_over=False)

    def mended(self, kind: Kind) -> None:
        """There is none of this kind, or no longer."""
        if (trouble := self._troubles.get(kind)) is not None and not trouble.is_over:
            self._troubles[kind] = replace(trouble, is_over=True)

    async def deliver(self, *, leads: bool = True) -> None:
        """Tell what is due, which may take a minute. One loop calls this, and nobody waits for it. leads: whether this process
        does what one does for all; if not, it tells of the server alone, and the rest is another's to tell and to keep."""
        try:
            for kind in list(self._troubles):
                if leads or kind == "server":
                    await self._deliver(kind)
            kept = _KEPT.dump_json({kind: each for kind, each in self._troubles.items() if kind != "server"}).decode()
            if leads and kept != self._saved:
                await self._store.set_meta(META, kept)
                self._saved = kept
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("the owner could not be told")

    def summary(self) -> str:
        """For the owner: where alerts go, whether the last one got there, and what is wrong now."""
        ways = [f"<#{self._channel}>"] * (self._channel is not None) + ["a webhook"] * (self._webhook is not None)
        if not ways:
            where = "to the log alone; set `MARQUEE_ALERT_CHANNEL`, and you are told in a channel"
        else:
            last = max((trouble.told_at for trouble in self._troubles.values() if trouble.told_at), default=None)
            delivered = "none was needed so far" if last is None else f"the last one was delivered <t:{last}:R>"
            failed = f"; one waits, since {cards.escape(self._failure, 300)}" if self._failure else ""
            where = f"to {' and '.join(ways)}; {delivered}{failed}"
        troubles = [
            f"⚠ **{ABOUT[kind].title}** {cards.escape(self._redact(trouble.sentence), 300)}"
            for kind, trouble in self._troubles.items()
            if not trouble.is_over
        ]
        return "\n".join([*troubles, f"**Alerts** {where}"])

    async def _deliver(self, kind: Kind) -> None:
        trouble, now = self._troubles[kind], self._now()
        if not trouble.is_due(now) or not await self._send(self._message(kind, trouble)):
            return
        told = None if trouble.is_over else trouble.sentence
        # It may have changed meanwhile.
        self._troubles[kind] = replace(self._troubles[kind], told=told, told_at=now)
        log.info("the owner was told: %s%s", ABOUT[kind].title, ", which is over" if trouble.is_over else "")

    def _message(self, kind: Kind, trouble: Trouble) -> str:
        title, advice = ABOUT[kind]
        if trouble.is_over:
            return f"### All well again\nIt was: {title.lower()}, since <t:{trouble.since}:f>. There is nothing to do."
        return (
            f"### {title}\n{cards.escape(self._redact(trouble.sentence))}\nSince <t:{trouble.since}:f>. {advice}\n"
            "-# `/admin status` shows how things stand, and the log has the rest."
        )

    async def _send(self, text: str) -> bool:
        """Whether the owner can have heard it."""
        took = []
        if self._webhook is not None:
            took.append(await self._takes("the webhook", self._post(self._webhook, text)))
        if self._channel is not None and self._bot.is_ready():  # until it is, it knows of no channel
            took.append(await self._takes("the channel", self._write(self._channel, text)))
        if any(took):
            self._failure = None
        return any(took)

    async def _post(self, address: SecretStr, text: str) -> None:
        webhook = discord.Webhook.from_url(address.get_secret_value(), client=self._bot)
        await webhook.send(text, allowed_mentions=discord.AllowedMentions.none())

    async def _write(self, number: int, text: str) -> None:
        channel = self._bot.get_channel(number)
        if channel is None:  # it may be of another process's servers
            with suppress(discord.NotFound, discord.Forbidden):
                channel = await self._bot.fetch_channel(number)
        if not isinstance(channel, Messageable) or isinstance(channel, discord.abc.PrivateChannel):
            raise LookupError(f"there is no channel {number} on a server that I am on")
        await channel.send(text, allowed_mentions=discord.AllowedMentions.none())

    async def _takes(self, way: str, sending: Awaitable[None]) -> bool:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await sending
        except Exception as error:  # whatever it is: it must not hold up the other way
            why = str(error) or type(error).__name__
            self._failure = f"{way} doesn't take it: {self._redact(why)}"
            if self._now() - self._complained.get(way, -HOUR) >= HOUR:
                self._complained[way] = self._now()
                log.warning("the owner can't be told: %s", self._failure)
            return False
        self._complained.pop(way, None)
        return True


_KEPT = TypeAdapter(dict[Kind, Trouble])
