"""What is kept about a member and why, and what they let others see of it: the card, and its switches."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.gate import Item
from bot.refusal import Refusal
from bot.replies import UNFIT, Card, answer
from bot.store import Shown

KEPT = (
    "### What I keep about you\n"
    "Under your Discord id, to recommend films and to hold movie nights:\n"
    "- your ratings, also of films I don't know yet\n"
    "- which films you marked as seen, said you haven't seen, want to see, or exclude\n"
    "- your choices below\n"
    "- which films you added, the evenings you joined, what you suggested and voted for\n"
    "- the lists you asked for, for 30 days, so that their buttons work\n"
    "- a file that you gave to `/import` until you take it, and what the last one changed, for 30 days, so that it can be "
    "undone\n\n"
    "All but the last two stays until you change it or use `/data delete`, also when you leave a server. `/data export` gives "
    "you all of it. Backups keep what you delete for a while: those made by the clock go in turn, others when my host removes "
    "them.\n"
    "I never read messages. Your taste is worked out anew each time and never stored; the model that all share keeps nothing "
    "under anyone's id."
)
OTHERS = (
    "### What others see of you\n"
    "All of this is off until you turn it on. Besides, an evening's card names who is in; and where three or more on a server "
    "rated a film, `/film` and `/night history` say how many did and their mean, and nobody's name."
)
# Of `Shown`: what it is called, and what happens while it is on.
SWITCHES: Mapping[str, tuple[str, str]] = {
    "picture": (
        "Your taste",
        "others on a server with you may look at your `/taste`, with the stars that say most about you",
    ),
    "matches": (
        "Matches",
        "others on a server with you who turned it on too may see by `/match` how alike you are, and where your stars differ",
    ),
    "clubs": ("The club", "`/club` and the picture of a year may count and name you"),
    "reasons": ("Reasons", "cards that all see may name you, as in “Mia wants to see it”"),
}


class Show(Item[ui.Button[Any]], custom_id="show:{owner}:{switch}:{on}"):
    """Turns one switch on or off, and says in the card's place how all stand."""

    replaces = True

    def __init__(self, owner: int, switch: str, on: bool) -> None:
        self._switch, self._on = switch, on
        button: ui.Button[Any] = ui.Button(
            label="Turn on" if on else "Turn off",
            style=discord.ButtonStyle.primary if on else discord.ButtonStyle.secondary,
            custom_id=self.layout.of(owner=owner, switch=switch, on=on),
        )
        super().__init__(button)

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        if self._switch not in SWITCHES:
            raise Refusal(UNFIT)
        member = interaction.user.id
        shown = await interaction.client.store.privacy.change(member, **{self._switch: self._on})
        await answer(interaction, card(member, shown))


def card(member: int, shown: Shown) -> ui.LayoutView:
    """What is kept, and the switches as they stand."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
    container.add_item(ui.TextDisplay(KEPT)).add_item(ui.Separator()).add_item(ui.TextDisplay(OTHERS))
    for switch, on in asdict(shown).items():
        name, what = SWITCHES[switch]
        text = f"**{name}: {'on' if on else 'off'}**\n-# While it is on, {what}"
        container.add_item(ui.Section(ui.TextDisplay(text), accessory=Show(member, switch, not on)))
    return Card().add_item(container)
