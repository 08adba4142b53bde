"""The buttons of a night: their looks and their ids.

What a press does is in `presses`. This module can't import it: a press draws the card, and the card is made of these buttons.
"""

from typing import Any, ClassVar

import discord
from discord import ui

from bot.app import Marquee
from bot.custom_id import CustomId
from bot.gate import Item
from bot.refusal import Refusal
from bot.replies import Form
from bot.store.nights import MOST_MEMBERS

# The steps that are the host's, and what marks their buttons.
HOSTS_STEPS = frozenset(["pick", "close", "watched", "cancel"])
HOSTS_MARK = "🎬"


class NightButton(Item[ui.Button[Any]], custom_id="night:{night}:{action}"):
    """A step of a night."""

    def __init__(
        self, night: int, action: str, label: str = "…", style: discord.ButtonStyle = discord.ButtonStyle.secondary
    ) -> None:
        self.night, self._action = night, action
        emoji = HOSTS_MARK if action in HOSTS_STEPS else None
        custom_id = self.layout.of(night=night, action=action)
        super().__init__(ui.Button(label=label, style=style, emoji=emoji, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        if (press := interaction.client.presses.get(self._action)) is None:
            raise Refusal("I no longer know that button. `/night status` leads to the card.")
        await press(interaction, self)


class NightPeople(Item[ui.UserSelect[Any]], custom_id="nightpeople:{night}"):
    """Adds people to a night."""

    def __init__(self, night: int) -> None:
        self.night = night
        custom_id = self.layout.of(night=night)
        super().__init__(ui.UserSelect(placeholder="Host: add people", max_values=MOST_MEMBERS, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await interaction.client.presses["People"](interaction, self)


class Approve(Item[ui.Button[Any]], custom_id="approve:{owner}:{night}:{film}"):
    """Adds a film to a member's ballot, or takes it off; film 0 says that this is all."""

    replaces = True

    def __init__(
        self,
        owner: int,
        night: int,
        film: int,
        label: str = "…",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        self.night, self.film = night, film
        custom_id = self.layout.of(owner=owner, night=night, film=film)
        super().__init__(ui.Button(label=label[:80], style=style, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await interaction.client.presses["Approve"](interaction, self)


class Suggestion(Form, title="Suggest a film"):
    """Asks for a film. What is typed comes to `suggesting`."""

    layout: ClassVar[CustomId] = CustomId("suggestion:{night}")

    movie: ui.TextInput[Any] = ui.TextInput(
        label="Film",
        placeholder="Any part of the title; one I don't know is put in as you type it",
        max_length=100,
        custom_id="movie",
    )

    def __init__(self, night: int) -> None:
        super().__init__(custom_id=self.layout.of(night=night))
