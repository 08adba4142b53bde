"""How much one member may ask of the bot, so that whoever never stops slows nobody else down."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import discord

from bot.refusal import Refusal

SECONDS = 10.0
# In so many seconds: commands, presses and forms; and letters typed into an option. Nobody who reads the answers gets there.
USES, LETTERS = 30, 100
AT_ONCE = 2  # of one member's commands and presses are worked on

WAIT = "That was a lot at once. Wait ten seconds, then go on."


class Limits:
    """What each member has asked lately, and what of it is still worked on."""

    def __init__(self) -> None:
        self._uses, self._letters, self._until = Counter[int](), Counter[int](), 0.0
        self._working = Counter[int]()

    def admit(self, interaction: discord.Interaction[Any]) -> None:
        """Count it. A Refusal where it is too many of the member's. All are counted anew every SECONDS."""
        if (now := time.monotonic()) >= self._until:
            self._until = now + SECONDS
            self._uses.clear()
            self._letters.clear()
        is_typing = interaction.type is discord.InteractionType.autocomplete
        counts, most = (self._letters, LETTERS) if is_typing else (self._uses, USES)
        counts[interaction.user.id] += 1
        if counts[interaction.user.id] > most:
            raise Refusal(WAIT)

    @contextmanager
    def at_work(self, interaction: discord.Interaction[Any]) -> Iterator[None]:
        """It is worked on until the end of the block. A Refusal where too many of the member's are. A press that runs a command
        counts once."""
        member = interaction.user.id
        if "at work" in interaction.extras:
            yield
            return
        if self._working[member] >= AT_ONCE:
            raise Refusal(WAIT)
        interaction.extras["at work"] = True
        self._working[member] += 1
        try:
            yield
        finally:
            self._working[member] -= 1
            if not self._working[member]:
                del self._working[member]
