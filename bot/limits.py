"""How much one member may ask of the bot, so that whoever never stops slows nobody else down."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet, WeakValueDictionary

import discord

from bot.refusal import Refusal
from bot.store.database import one_answer

SECONDS = 10.0
# In so many seconds: commands, presses and forms; and letters typed into an option. Nobody who reads the answers gets there.
USES, LETTERS = 30, 100
AT_ONCE = 2  # of one member's commands and presses are worked on; others wait for so many seconds
PATIENCE = 1.5

_TURN = "turn"  # what an interaction holds while it is worked on, among its extras

WAIT = "That was a lot at once. Wait ten seconds, then go on."


class Limits:
    """What each member has asked lately, and what of it is still worked on."""

    def __init__(self) -> None:
        self._uses, self._letters, self._until = Counter[int](), Counter[int](), 0.0
        # A member's are kept for as long as somebody holds them.
        self._turns = WeakValueDictionary[int, asyncio.Semaphore]()
        self._answering = WeakSet[asyncio.Task[Any]]()  # those that have worked on something, until they end

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

    @asynccontextmanager
    async def at_work(self, interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
        """It is worked on until its answer goes out or the block ends, and waits before while two of the member's are. A Refusal
        where that takes too long. A press that runs a command counts once, and once more if it had answered before."""
        if _TURN in interaction.extras:
            yield
            return
        if (task := asyncio.current_task()) is not None:
            self._answering.add(task)
        turns = self._turns.setdefault(interaction.user.id, asyncio.Semaphore(AT_ONCE))
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                await turns.acquire()
        except TimeoutError:
            raise Refusal(WAIT) from None
        interaction.extras[_TURN] = turns
        try:
            with one_answer(waited=time.monotonic() - began):
                yield
        finally:
            self.answers(interaction)

    def answers(self, interaction: discord.Interaction[Any]) -> None:
        """Its answer goes out: however long Discord takes for that, the member's next one needn't wait."""
        if (turns := interaction.extras.pop(_TURN, None)) is not None:
            turns.release()

    async def all_answered(self) -> None:
        """Returns once nothing is worked on any more, and all of it is answered."""
        while answering := [task for task in self._answering if not task.done()]:
            await asyncio.wait(answering)
