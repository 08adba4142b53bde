"""Evenings in the middle of which Discord fails, over real sockets. `python -m benchmarks.faults_discord` does them all."""

import pytest

from benchmarks.faults_discord import FAULTS, suffer
from tests.bot.wire import Wire

EACH = {name: fault for faults in FAULTS.values() for name, fault in faults.items()}
QUICK = (
    "503 to the card's edit, three times",
    "before Discord's word on an answer",
    "before its word on the event's edit",
    "the gateway drops the connection; RESUME",
    "the card is deleted",
    "the channel is deleted, and the bot doesn't hear of it",
    "the server is deleted",
    "the server removes the bot",
    "the server removes the bot while it isn't connected",
    "the server is away for a second",
    "the right to see the channel is withdrawn",
    "the event is deleted by hand",
)


@pytest.mark.parametrize("name", QUICK)
async def test_both_evenings_end_and_no_rating_or_vote_is_lost(name, settings, monkeypatch, nothing_is_late):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        suffered = await suffer(EACH[name], settings, wire)
    assert suffered.survived, suffered.log
    assert suffered.lost == 0
    assert suffered.tracebacks == 0
