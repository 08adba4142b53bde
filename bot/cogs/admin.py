"""/admin: the owner's commands. The model and the films are those of all servers, so no server's admin may use them."""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import discord
import numpy as np
from discord import app_commands
from discord.ext import commands

from bot import backups, cards, curating, processes
from bot.app import Marquee
from bot.cluster import FAULTS, Word
from bot.discord_faults import DISCORD_FAULTS
from bot.gate import check_owner, refusable
from bot.refusal import Refusal
from bot.replies import answer, note
from bot.training.retrain import Report
from bot.training.run import Run
from bot.training.trainer import BY_ORDER, AlreadyTraining

log = logging.getLogger(__name__)


class Admin(commands.GroupCog, name="admin", description="For the bot's owner: the shared model"):
    """Retraining, the state of the bot, and films that members added."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot

    @app_commands.command()
    @refusable
    async def retrain(self, interaction: discord.Interaction[Marquee]) -> None:
        """Learn from all ratings again, now."""
        await check_owner(interaction)
        if not await self.bot.try_to_learn():
            await self._order(interaction)
            return
        try:
            run = await self.bot.trainer.start(BY_ORDER)
        except AlreadyTraining as running:
            run = running.run
        await answer(interaction, _progress(run))
        ProgressCard(interaction, run)

    async def _order(self, interaction: discord.Interaction[Marquee]) -> None:
        """Of the process that learns."""
        running = [training for training in await self.bot.store.trainings.latest(1) if training.outcome is None]
        if running:
            raise Refusal("A retrain is running already, in another process. `/admin status` tells how it ends.")
        if self.bot.is_leading:  # of this bot no other would
            raise Refusal(
                "I can't learn: another bot has my folder of models, or I may only read it. Use that bot's `/admin retrain`; "
                "I serve what it learns."
            )
        await self.bot.trainer.order()
        with suppress(*FAULTS):  # then it looks by itself within five minutes
            await self.bot.cluster.tell(Word.RETRAIN)
        told = "The part of me that learns runs in another process, and I have asked it to begin. `/admin status` shows it soon."
        await answer(interaction, note(told))

    @app_commands.command()
    @refusable
    async def status(self, interaction: discord.Interaction[Marquee]) -> None:
        """The serving model, the last retrain, and how the bot is doing."""
        await check_owner(interaction)
        if not self.bot.is_leading:
            await self.bot.alerts.load()  # what the process that leads has found
        told = [await self._retrain(), await self._backup(), self.bot.alerts.summary()]
        parts = [self._uptime(), *await processes.lines(self.bot), await self._model(), *told]
        await answer(interaction, note("### Status\n" + "\n".join(filter(None, parts)), accent=cards.ACCENT))

    @app_commands.command()
    @refusable
    async def films(self, interaction: discord.Interaction[Marquee]) -> None:
        """The films that members added, to rename, merge or remove."""
        await check_owner(interaction)
        _ = self.bot.serving  # refuses while there is no model
        saved = await self.bot.store.lists.save(interaction.user.id, "admin films", {}, [], self.bot.now())
        await answer(interaction, await curating.page(self.bot, saved, 0))

    def _uptime(self) -> str:
        up = timedelta(seconds=int(time.perf_counter() - self.bot.started))
        lags = np.array(self.bot.lags or [0.0]) * 1000
        return f"**Up** {up} · loop lag p50 {np.quantile(lags, 0.5):.0f} ms, p99 {np.quantile(lags, 0.99):.0f} ms"

    async def _model(self) -> str:
        counts = await self.bot.store.counts()
        members = f"**Members** {counts.members:,} with {cards.count(counts.ratings, 'rating')}"
        if not self.bot.is_serving:
            return f"{members}\n**Model** none serves yet"
        info = self.bot.serving.recommender.info
        since = await self.bot.store.ratings_since(info["data_at"])
        made = datetime.fromtimestamp(info["trained_at"], UTC)
        errors, ago = info["errors"], discord.utils.format_dt(made, "R")
        sources = f"{cards.escape(info['dataset'])} and {info['member_ratings']:,} by members"
        return (
            f"{members}, {since:,} of them since the model learned\n"
            f"**Model** version {self.bot.serving.version}, made {ago} on {cards.escape(info['device'])}\n"
            f"**Learned from** {cards.count(info['ratings'], 'rating')}: {sources}\n"
            f"**Held-out error** RMSE {errors['rmse']:.4f}, MAE {errors['mae']:.4f} stars "
            f"on {cards.count(errors['ratings'], 'rating')}"
        )

    async def _retrain(self) -> str | None:
        if (run := self.bot.trainer.running) is not None:
            return f"**Retraining** {run.phase} {cards.progress_bar(run.share)}"
        trainings = await self.bot.store.trainings.latest(1)
        if not trainings:
            return None
        last = trainings[0]
        when = discord.utils.format_dt(datetime.fromtimestamp(last.started_at, UTC), "R")
        if last.outcome is None:
            return f"**Retraining** in another process, since {when}"
        sentence = (last.report or {}).get("sentence", "The bot was stopped meanwhile.")
        return f"**Last retrain** {when}, {last.outcome}: {cards.escape(sentence, 500)}"

    async def _backup(self) -> str:
        settings = self.bot.settings
        here = await asyncio.to_thread(backups.newest, settings.backup_dir)
        anywhere = await self.bot.store.get_meta(backups.LAST)
        made = max(here or 0, int(anywhere or 0))
        last = discord.utils.format_dt(datetime.fromtimestamp(made, UTC), "R") if made else "none yet"
        return f"**Last backup** {last}" + ("" if settings.backup_hours else ", and none are made by the clock")


class ProgressCard:
    """Keeps a private card in step with a run: one edit at a time, always of the latest state."""

    def __init__(self, interaction: discord.Interaction[Marquee], run: Run) -> None:
        self._interaction, self._run = interaction, run
        self._editing: asyncio.Task[None] | None = None
        self._stale = True
        run.subscribe(self._changed)
        self._changed(run)

    def _changed(self, run: Run) -> None:
        self._stale = True
        if self._editing is None:
            self._editing = asyncio.create_task(self._edit(), name="progress of the retrain")

    async def _edit(self) -> None:
        try:
            while self._stale and not self._interaction.client.is_closed():
                self._stale = False
                await self._interaction.edit_original_response(view=_progress(self._run))
        except DISCORD_FAULTS as error:
            # After 15 minutes, or while the bot shuts down. `/admin status` tells the rest.
            log.info("the progress card can no longer be edited: %r", error)
            return
        self._editing = None


def _progress(run: Run) -> discord.ui.LayoutView:
    if run.outcome is None:
        hint = "-# If it takes longer than 15 minutes, `/admin status` tells how it went."
        return note(f"### Retraining\n{cards.progress_bar(run.share)} {run.phase}\n{hint}", accent=cards.ACCENT)
    text = f"### Retrain {run.outcome.kind}\n{cards.escape(run.outcome.sentence, 800)}"
    if run.outcome.report is not None:
        text += f"\n{_figures(run.outcome.report)}"
    return note(text, accent=cards.DONE if run.outcome.kind == "published" else cards.QUIET)


def _figures(report: Report) -> str:
    before = f"{report.errors_before.rmse:.4f} → " if report.errors_before else ""
    return (
        f"**Held-out error** RMSE {before}{report.errors.rmse:.4f} stars\n"
        f"**Learned from** {cards.count(report.ratings, 'rating')}, {report.member_ratings:,} of them "
        f"by {cards.count(report.members, 'member')}\n"
        f"**Took** {report.seconds:.1f} s on {cards.escape(report.device)}"
    )


async def setup(bot: Marquee) -> None:
    await curating.setup(bot)
    await bot.add_cog(Admin(bot))
