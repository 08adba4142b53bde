"""How a member is told: cards of text and buttons, private answers and shared ones, and a sentence for every failure."""

import logging
import secrets
from collections.abc import Sequence
from typing import Any, cast

import discord
from discord import app_commands, ui

from bot.discord_faults import DISCORD_FAULTS, foreseen
from bot.meters import FAILED, OUTCOME, REFUSED
from bot.refusal import Refusal
from bot.store import Unavailable

log = logging.getLogger(__name__)

HICCUP = "Discord didn't take my answer. What you saved is kept: use the command again to see how things stand."
UNFIT = "That doesn't fit this command. `/help` shows what I can do."


class Question(Refusal):
    """A refusal that asks back: its buttons are the possible answers."""

    def __init__(self, text: str, buttons: "Sequence[ui.Item[Any]]") -> None:
        super().__init__(text)
        self.buttons = buttons


class Card(ui.LayoutView):
    """What an answer looks like. Its buttons are Items, which are made anew for each press and need no view: by calling itself
    finished it tells discord.py to keep nothing of it, which would keep a private one for 15 minutes."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    def is_finished(self) -> bool:
        return True


class Form(ui.Modal):
    """A modal of which discord.py keeps nothing either: what is sent comes to whom the bot's `forms` name for its custom_id."""

    def is_finished(self) -> bool:
        return True


def note(text: "str | ui.Item[Any]", *items: "ui.Item[Any]", accent: discord.Colour | None = None) -> ui.LayoutView:
    """A card of one text, maybe beside a picture, and at most one row of buttons."""
    body = ui.TextDisplay(text) if isinstance(text, str) else text
    container: ui.Container[ui.LayoutView] = ui.Container(body, accent_colour=accent)
    if items:
        container.add_item(ui.ActionRow(*items))
    return Card().add_item(container)


def refusal_card(refusal: Refusal) -> ui.LayoutView:
    """What a member sees of a refusal."""
    return note(str(refusal), *(refusal.buttons if isinstance(refusal, Question) else ()))


def _outcome(refusal: Refusal) -> str:
    # Where the database takes nothing it is no member's doing.
    return FAILED if isinstance(refusal, Unavailable) else REFUSED


async def answer(
    interaction: discord.Interaction[Any],
    view: ui.LayoutView,
    *,
    share: bool = False,
    file: discord.File | None = None,
) -> None:
    """Answer privately, or in the channel if `share`. The answer to a question takes the question's place."""
    interaction.client.limits.answers(interaction)
    files = [] if file is None else [file]
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=not share, files=files)
    elif interaction.extras.get("replace") and not share:
        await interaction.response.edit_message(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, ephemeral=not share, files=files)


async def refuse(interaction: discord.Interaction[Any], refusal: Refusal) -> None:
    """Answer with a refusal."""
    interaction.extras[OUTCOME] = _outcome(refusal)
    await answer(interaction, refusal_card(refusal))


async def report(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Tell the member in a sentence; what is not a refusal also goes to the log, under a reference that both know. Of Discord's
    faults the log has one line."""
    if isinstance(error, app_commands.CommandInvokeError) and isinstance(error.original, Exception):
        error = error.original
    interaction.extras[OUTCOME] = FAILED
    if isinstance(error, Refusal):
        interaction.extras[OUTCOME] = _outcome(error)
        view = refusal_card(error)
    elif isinstance(error, app_commands.TransformerError) and error.__cause__ is None:
        interaction.extras[OUTCOME] = REFUSED
        view = note(UNFIT)
    elif foreseen(error):
        log.warning("%s could not be answered: %r", _describe(interaction), error)
        view = note(HICCUP)
    else:
        reference = secrets.token_hex(3)
        what = _describe(interaction)
        log.error("reference %s: %s", reference, what, exc_info=error, extra={"reference": reference})
        view = note(
            f"Something went wrong on my side. Nothing you saved is lost. (Reference for the host: `{reference}`)"
        )
    # Never in place of the card that was pressed: it may be a list that others read.
    interaction.extras["replace"] = False
    try:
        await answer(interaction, view)
    except (*DISCORD_FAULTS, RuntimeError) as failure:  # the session may be closed by now
        if not foreseen(error):
            log.warning("an error could not be shown to the member: %r", failure)


def _describe(interaction: discord.Interaction[Any]) -> str:
    """What was used, without what was typed: logs hold no message content."""
    if interaction.command is not None:
        return f"/{interaction.command.qualified_name}"
    data = cast("dict[str, Any]", interaction.data or {})
    return f"component {str(data.get('custom_id', '?')).partition(':')[0]}"
