"""What every command and every button goes through: one gate before it, one error handler after it."""

import logging
from collections import deque
from collections.abc import Callable, Coroutine
from functools import wraps
from re import Match
from typing import Any, ClassVar, Self, TypeVar, cast

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.refusal import Refusal
from bot.replies import answer, refusal_card, report

log = logging.getLogger(__name__)

CallbackT = TypeVar("CallbackT", bound=Callable[..., Coroutine[Any, Any, None]])
BaseT = TypeVar("BaseT", bound="ui.Item[Any]", covariant=True)

# Discord drops an answer after 3 seconds; what reaches us later than this can only fail, so it is left alone.
STALE_SECONDS = 2.8
REMEMBERED_AGES = 20


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
            await answer(interaction, refusal_card(refusal))

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
