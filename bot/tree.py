"""What every command and every button goes through: one gate before it, one error handler after it."""

import logging
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from functools import wraps
from re import Match
from typing import Any, ClassVar, Self, TypeVar, cast

import discord
from discord import app_commands, ui
from discord.ext import commands

log = logging.getLogger(__name__)

CallbackT = TypeVar("CallbackT", bound=Callable[..., Coroutine[Any, Any, None]])
BaseT = TypeVar("BaseT", bound="ui.Item[Any]", covariant=True)

# Discord drops an answer after 3 seconds; what reaches us later than this can only fail, so it is left alone.
STALE_SECONDS = 2.8
REMEMBERED_AGES = 20


class Refusal(Exception):  # noqa: N818 (nothing is wrong)
    """A request that can't be met. The message is one friendly sentence for the member, with a next step."""

    def view(self) -> ui.LayoutView:
        """What the member sees."""
        return note(str(self))


def refusable(callback: CallbackT) -> CallbackT:
    """Wrap a command: a Refusal that it raises, or that an option turned out to be, is its answer and no error.

    An option's transformer returns a Refusal, since whatever it raises goes down as an error of the bot.
    """

    @wraps(callback)
    async def answering(cog: commands.Cog, interaction: discord.Interaction[Any], **options: Any) -> None:
        try:
            for option in options.values():
                if isinstance(option, Refusal):
                    raise option
            await callback(cog, interaction, **options)
        except Refusal as refusal:
            await answer(interaction, refusal.view())

    return cast(CallbackT, answering)


class CommandTree(app_commands.CommandTree[Any]):
    """discord.py's tree with the gate and the error handler."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._ages: deque[float] = deque(maxlen=REMEMBERED_AGES)

    def is_fresh(self, interaction: discord.Interaction[Any]) -> bool:
        """False for an interaction that Discord has given up on, as after a broken connection.

        Its age is by two clocks, Discord's and this machine's, so it counts from the least age seen lately: a machine
        whose clock is wrong must not drop everything.
        """
        age = (discord.utils.utcnow() - interaction.created_at).total_seconds()
        late = age - min(self._ages, default=age)
        self._ages.append(age)
        if late > STALE_SECONDS:
            log.warning("dropped an interaction that arrived %.1f s late", late)
        return late <= STALE_SECONDS

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        return self.is_fresh(interaction)

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        await report(interaction, error)


class Item(ui.DynamicItem[BaseT], template="unused"):
    """A button or select that outlives the process: all it knows is in its custom_id.

    A subclass gives its template and `act`. If the template has a group `owner`, only that member may use it (0: anyone).
    If it has a group `replace` that is 1, the answer takes the place of the pressed card.
    discord.py gives a DynamicItem neither the tree's gate nor its error handler, so both are applied here.
    """

    # True for a question: its answer takes the place of the card that asked.
    replaces: ClassVar[bool] = False
    not_yours: ClassVar[str] = "That button belongs to someone else's card. Use the command yourself to get your own."

    async def act(self, interaction: discord.Interaction[Any]) -> None:
        """What a press does."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: "ui.Item[Any]", match: Match[str], /
    ) -> Self:
        return cls(**cast("dict[str, Any]", match.groupdict()))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        if not interaction.client.tree.is_fresh(interaction):
            return
        try:
            match = self.template.fullmatch(self.custom_id)
            groups = match.groupdict() if match else {}
            if groups.get("owner") not in (None, "0", str(interaction.user.id)):
                raise Refusal(self.not_yours)
            interaction.extras["replace"] = self.replaces or groups.get("replace") == "1"
            await self.act(interaction)
        except Exception as error:
            await report(interaction, error)


def note(text: str, *items: "ui.Item[Any]", accent: discord.Colour | None = None) -> ui.LayoutView:
    """A card of one text and at most one row of buttons."""
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(text), accent_colour=accent)
    if items:
        container.add_item(ui.ActionRow(*items))
    return ui.LayoutView(timeout=None).add_item(container)


async def answer(
    interaction: discord.Interaction[Any],
    view: ui.LayoutView,
    *,
    share: bool = False,
    file: discord.File | None = None,
) -> None:
    """Answer privately, or in the channel if `share`. The answer to a question takes the question's place."""
    files = [] if file is None else [file]
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=not share, files=files)
    elif interaction.extras.get("replace") and not share:
        await interaction.response.edit_message(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, ephemeral=not share, files=files)


async def report(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell the member in a sentence; what is not a refusal also goes to the log, under a reference that both know."""
    if isinstance(error, app_commands.CommandInvokeError) and isinstance(error.original, Exception):
        error = error.original
    if isinstance(error, Refusal):
        view = error.view()
    elif isinstance(error, app_commands.TransformerError) and error.__cause__ is None:
        view = note("That doesn't fit this command. `/help` shows what I can do.")
    else:
        reference = secrets.token_hex(3)
        log.error("reference %s: %s", reference, _describe(interaction), exc_info=error)
        view = note(
            f"Something went wrong on my side. Nothing you saved is lost. (Reference for the host: `{reference}`)"
        )
    # Beside the card that was pressed, never in its place: it may be a list that others read.
    interaction.extras["replace"] = False
    try:
        await answer(interaction, view)
    except discord.HTTPException as failure:
        log.warning("an error could not be shown to the member: %s", failure)


def _describe(interaction: discord.Interaction[Any]) -> str:
    """What was used, without what was typed: logs hold no message content."""
    if interaction.command is not None:
        return f"/{interaction.command.qualified_name}"
    data = cast("dict[str, Any]", interaction.data or {})
    return f"component {str(data.get('custom_id', '?')).partition(':')[0]}"
