"""The bot: its resources, opened and closed in one place, and the model it serves at the moment."""

import asyncio
import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import replace
from importlib import import_module
from typing import Any

import discord
import pandas as pd
from discord import app_commands, ui
from discord.ext import commands

from bot.alerts import Alerts
from bot.backups import make_before
from bot.cluster import FAULTS, Word, Work
from bot.custom_id import CustomId
from bot.films.look_store import LookStore
from bot.films.looks import Looks
from bot.films.shelf import FOLDER
from bot.films.tmdb import Tmdb
from bot.films.typed import differences
from bot.gate import CommandTree, Item, Take, receive
from bot.glyphs import TEXT
from bot.invitation import invite_link
from bot.limits import Limits
from bot.lock import AlreadyRunningError, alone_with
from bot.meters import Meters
from bot.refusal import Refusal
from bot.serving import Serving
from bot.settings import Settings
from bot.sharded import Sharded
from bot.store import SavedList, Store, StoreError, Unavailable
from bot.titles import known
from bot.training.folder import ModelFolder
from bot.training.follower import Follower
from bot.training.trainer import Trainer

log = logging.getLogger(__name__)

EXTENSIONS = (
    "start",
    "rating",
    "recommending",
    "film",
    "watchlist",
    "importing",
    "taste",
    "club",
    "night",
    "excluding",
    "admin",
    "data",
    "privacy",
    "help",
)
# At the end, each in its turn; together less than `stopping.SECONDS`.
ANSWER_SECONDS = 3  # for answers that are on their way: Discord takes none after three
LEAVE_SECONDS = 2  # for the cogs and Discord
CLOSE_SECONDS = 4  # for all that was opened

PageRenderer = Callable[[discord.Interaction["Marquee"], SavedList, int], Awaitable[ui.LayoutView]]
Press = Callable[[discord.Interaction["Marquee"], Any], Awaitable[None]]


class Marquee(Sharded):
    """A discord.py Bot. Everything it needs is opened in `setup_hook` and closed in `close`."""

    store: Store
    alerts: Alerts
    trainer: Trainer
    follower: Follower

    def __init__(self, settings: Settings, tmdb: Tmdb | None = None) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.voice_states = True
        intents.guild_scheduled_events = True
        self.meters = Meters()
        super().__init__(
            settings,
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents,
            http_trace=self.meters.trace(),
            tree_cls=CommandTree,
            owner_ids=settings.owner_ids,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        )
        self.settings = settings
        self.pages: dict[str, PageRenderer] = {}  # by the command whose list it is
        self.presses: dict[str, Press] = {}  # what a button of a night does, by its action
        self.forms: dict[CustomId, Take] = {}  # what becomes of a form that is sent, by its custom_id
        self.limits = Limits()
        self.looks: Looks | None = None  # what films look like; None without a token for TMDB
        self._tmdb = tmdb
        self.glyphs = TEXT  # what stars are written with in messages
        self.reading: set[int] = set()  # the members whose files are read
        self.reads = asyncio.Lock()  # one file is read at a time: it takes a core, and memory
        self.aliases: Mapping[int, int] = {}  # an id that a film was known by -> its id
        self.renumbered_at = 0  # cards from before then carry ids that mean other films today
        self.is_leading = False  # when it was last asked
        self.films_at = 0  # when films were last fetched, UTC seconds
        self.lags: deque[float] = deque(maxlen=1200)  # how late the loop was lately, in seconds
        self.started = time.perf_counter()
        self._serving: Serving | None = None
        self._changing = asyncio.Lock()  # held while another model, or the same with other films, comes to serve
        self._model_ready = asyncio.Event()
        self._resources = AsyncExitStack()
        self._folder_lock = ExitStack()
        self.is_learning = False  # it is the one that learns and publishes; the others of its folder serve what it does
        self.is_stopping = False
        self.ended_by: AlreadyRunningError | None = None  # what it ended itself for
        self.may_migrate = True  # bring the database to this program's version

    @property
    def is_serving(self) -> bool:
        return self._serving is not None

    @property
    def starting(self) -> Refusal | None:
        """What to tell a member while no model serves yet."""
        if self._serving is not None:
            return None
        run = self.trainer.running
        share = f" ({run.phase}, {run.share:.0%})" if run else ""
        return Refusal(f"I'm still getting to know the films{share}. Please try again in a minute.")

    @property
    def serving(self) -> Serving:
        """The model that answers. Raises the Refusal `starting` until there is one."""
        if self._serving is None:
            assert self.starting is not None
            raise self.starting
        return self._serving

    async def model_ready(self) -> None:
        """Returns once a model serves."""
        await self._model_ready.wait()

    def invite_link(self) -> str:
        """The address that adds the bot to a server."""
        assert self.application_id is not None
        return invite_link(self.application_id)

    async def setup_hook(self) -> None:
        self.folder = ModelFolder(self.settings.model_dir)
        if (file := self.settings.database_file) is not None:
            self._resources.enter_context(alone_with(file))
        self._resources.enter_context(self._folder_lock)
        self._resources.push_async_callback(self.cluster.close)
        self.store = await self._resources.enter_async_context(
            Store.open(self.settings.database, self._before_migration)
        )
        self.renumbered_at = await self.store.films.renumbered_at()
        self.alerts = Alerts(self, self.settings, self.store, self.now)
        self.trainer = Trainer(
            self.settings, self.store, self.folder, lambda: self._serving, self._announce, self._add_films, self.now
        )
        self._resources.push_async_callback(self.trainer.close)
        self.follower = Follower(self.folder, lambda: self._serving, self._publish)
        if not await self.try_to_learn():
            log.info("another process learns; this one serves what that publishes in %s", self.folder.folder)
        await self._open_looks()
        await self.add_commands()
        self.add_dynamic_items(*Item.kinds.values())
        self.loading = asyncio.create_task(self._load_model(), name="load the last model")
        self.cluster.hear(Word.FILMS, self._renew_films)
        self.cluster.hear(Word.MODEL, self.follow)
        await import_module("bot.cogs.upkeep").setup(self)
        try:
            async with self.cluster.alone(Work.COMMANDS):
                await self._sync()
        except FAULTS as error:
            raise StoreError(f"can't ask the database whether Discord may be told of the commands: {error}") from error

    def _before_migration(self, version: int) -> None:
        if not self.may_migrate:
            raise StoreError(
                f"this program would change it (to version {version}), and is newer than the `cluster` that started it: stop "
                "`cluster` on all machines, and start it again. Nothing was changed"
            )
        make_before(version, self.settings, self.now())

    async def add_commands(self) -> None:
        """All groups of commands. Not by `load_extension`, which runs a module anew for each bot, and unloads it as slowly."""
        for name in EXTENSIONS:
            await import_module(f"bot.cogs.{name}").setup(self)

    async def _open_looks(self) -> None:
        store = LookStore(self.settings.data_dir / FOLDER)
        if self._tmdb is None and self.settings.tmdb_token is not None:
            self._tmdb = Tmdb(self.settings.tmdb_token, clock=self.now)
        if self._tmdb is None:
            with suppress(OSError):  # nothing can be kept there either
                await asyncio.to_thread(store.forget)  # nobody would ever remove what is too old
            return
        self.looks = Looks(await self._resources.enter_async_context(self._tmdb), store, self.now)
        self._resources.push_async_callback(self.looks.close)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        await receive(interaction, self.forms)

    async def close(self) -> None:
        """Shut everything, the training worker too, within nine seconds."""
        if self.is_stopping:
            return
        self.is_stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.limits.all_answered()
        try:
            await _shut(super().close(), LEAVE_SECONDS)
        finally:  # whatever becomes of Discord: a database that stays open keeps the process from ending
            await _shut(self._resources.aclose(), CLOSE_SECONDS)

    async def try_to_lead(self) -> bool:
        """Whether this process does what one does for all: fetching films, backups, telling the owner. When the one that leads
        ends, the next to ask takes up what that has left."""
        leads = await self.cluster.try_to_lead()
        comes_to, self.is_leading = leads and not self.is_leading, leads
        if comes_to:
            await self.alerts.load()
        return leads

    async def try_to_learn(self) -> bool:
        """Whether this process learns and publishes. Of those that lead, each with a database of its own, the first one of its
        folder does, and who has begun learns to the end."""
        if await self.try_to_lead():
            if not self.is_learning and self._take_over():  # who led before may have learned on until now
                with suppress(Unavailable):  # it looks as if one ran until the next
                    await self.store.trainings.interrupt()
        elif self.trainer.running is None:
            self._folder_lock.close()
            self.is_learning = False
        return self.is_learning

    def _take_over(self) -> bool:
        """Whether this process can have the folder of the models for itself, and has it from now on."""
        with suppress(AlreadyRunningError, PermissionError):  # a folder that is only read is somebody else's
            self._folder_lock.enter_context(alone_with(self.folder.folder))
            self.is_learning = True
        return self.is_learning

    async def renew_films(self) -> None:
        """Serve the films that members added as the store has them now, and let other processes do so. Returns once they are
        served here."""
        await self._tell(Word.FILMS)  # first: the other takes seconds, in which this process may end
        await self._renew_films()

    async def share_films(self) -> None:
        """Where films have come, changed or gone since the model learned, put it with them into its file, so that the processes
        of this bot share them again: until then each has copied what it has of all films."""
        if self.settings.process is None or not self.is_learning:  # alone, or not its to write
            return
        async with self._changing:
            if self._serving is None or self._serving.recommender.is_stored:
                return
            try:
                renewed = await asyncio.to_thread(self.folder.renew, self._serving)
            except Exception as error:  # the library that writes raises its own
                log.error("processes can't share the films that came since the model learned: %s", error)
                return
            if renewed is None:
                return
            self._serving = renewed
        log.info("the model's file has the films as they are now")
        await self._tell(Word.MODEL)

    async def follow(self) -> None:
        """Serve what another process has published, such as `train`."""
        await self.loading
        try:
            if self.trainer.running is None:  # which serves what it publishes
                await self.follower.look()
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("a new model can't be served")

    async def _announce(self, serving: Serving) -> None:
        await self._publish(serving)
        await self._tell(Word.MODEL)

    async def _tell(self, word: Word) -> None:
        try:
            await self.cluster.tell(word)
        except FAULTS as error:
            log.warning("other processes can't be told of the %s yet: %r", word, error)

    async def _renew_films(self) -> None:
        async with self._changing:  # the first model may be coming, and have read before what the store had
            if self._serving is not None:
                serving = await self._with_added(self._serving, {})
                self._serving, self.aliases = serving, await self.store.films.aliases()

    async def _publish(self, serving: Serving) -> None:
        async with self._changing:
            # Members and the owner have not waited for the model: the store may know more of films by now.
            told = await self.store.films.moves(dict(serving.recommender.info.get("aliases", ())))
            added = await self.store.typed.films()
            moving = await asyncio.to_thread(known.moves_of, serving.recommender.films, added, told)
            serving = await self._with_added(serving, moving)
            # First, so that no command sees the new films beside ratings of the old ids.
            if moved := await self.store.films.move(moving):
                log.info(
                    "%d ratings, marks, exclusions, films of evenings and others moved: their films are known by other ids now",
                    moved,
                )
            self._serve(serving, await self.store.films.aliases())
        self.alerts.mended("model")
        self._model_ready.set()

    async def _add_films(self, films: pd.DataFrame) -> None:
        """Serve films that were fetched, before a model has learned with them."""
        async with self._changing:
            self._serve(await asyncio.to_thread(self.serving.with_films, films), self.aliases)
        log.info("films that were fetched can be found now: %s", f"{len(films):,}")
        await self.share_films()

    def _serve(self, serving: Serving, aliases: Mapping[int, int]) -> None:
        if self._serving is None or serving.titles is not self._serving.titles:
            self._settling = asyncio.create_task(self._settle(serving), name="count what has come to be known")
        self._serving, self.aliases = serving, aliases

    async def _with_added(self, serving: Serving, moving: Mapping[int, int]) -> Serving:
        """A model with the films that members added, renamed and removed since it learned. moving: ids that are others soon."""
        added = [replace(film, movie=moving.get(film.movie, film.movie)) for film in await self.store.typed.films()]
        new, gone = await asyncio.to_thread(differences, serving.recommender.movies, added)
        return await asyncio.to_thread(serving.with_films, new, gone) if len(new) or gone else serving

    async def _load_model(self) -> None:
        # Whatever goes wrong here, a retrain mends it.
        try:
            if not self.is_learning:
                await self.follower.look()
                return
            serving, problems = await asyncio.to_thread(self.folder.load_last_good)
            for problem in problems:
                log.error("%s", problem)
            if serving is not None and self._serving is None:
                await self._publish(serving)
            if problems:
                self.alerts.tell("model", " ".join(problems))
        except OSError as error:
            log.error("The models can't be read: %s", error)
            self.alerts.tell("model", f"The models can't be read: {error}.")
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("The last model can't serve.")

    async def _settle(self, serving: Serving) -> None:
        try:
            await known.settle(self.store, serving.recommender.films)
        except Unavailable:
            pass  # the store has told the log
        except Exception:
            log.exception("stars for films that have come to be known could not be counted")

    async def _sync(self) -> None:
        """Tell Discord the commands, but only if they changed or Discord has others: it limits how often one may."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        known = {command.name for command in await self.tree.fetch_commands()}
        key = f"commands of {self.application_id}"
        if await self.store.get_meta(key) == digest and known == {command["name"] for command in payload}:
            return
        await self.tree.sync()
        with suppress(Unavailable):  # Discord is told again at the next start
            await self.store.set_meta(key, digest)
        log.info("told Discord of %d commands", len(payload))


async def _shut(closing: Awaitable[None], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await closing
    except TimeoutError:
        log.error("shutting down took longer than %s s; leaving the rest to the system", seconds)


def create_bot(settings: Settings, tmdb: Tmdb | None = None) -> Marquee:
    """The bot, not yet connected: what `run`, the preview and the tests all use. tmdb: by default the real one, with the token of
    the settings."""
    return Marquee(settings, tmdb)
