"""When the model was learned anew, and what became of it."""

import json
from typing import Any

from bot.store import values
from bot.store.engine import Run
from bot.store.records import Training


class Trainings:
    """The part of the store that is about that."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def interrupt(self) -> None:
        """Say of those that run that they were interrupted, as it was with a bot that has ended."""
        await self._run("UPDATE trainings SET outcome = 'interrupted' WHERE outcome IS NULL")

    async def start(self, reason: str, at: int) -> int:
        rows = await self._run(
            "INSERT INTO trainings (started_at, reason) VALUES (?, ?) RETURNING id", values.seconds(at), reason
        )
        return int(rows[0]["id"])

    async def finish(self, training: int, outcome: str, report: dict[str, Any], at: int) -> None:
        """Raises ValueError if there is no such training, or if the report doesn't fit JSON."""
        rows = await self._run(
            "UPDATE trainings SET outcome = ?, report = ?, finished_at = ? WHERE id = ? RETURNING id",
            outcome,
            values.json_text(report),
            values.seconds(at),
            training,
        )
        if not rows:
            raise ValueError(f"there is no training {training}")

    async def latest(self, limit: int = 10) -> list[Training]:
        """Newest first."""
        rows = await self._run(
            "SELECT id, started_at, finished_at, reason, outcome, report FROM trainings ORDER BY id DESC LIMIT ?", limit
        )
        return [
            Training(key, started_at, finished_at, reason, outcome, json.loads(report) if report else None)
            for key, started_at, finished_at, reason, outcome, report in rows
        ]

    async def prune(self, before: int) -> int:
        """Forget those from before then, but never the last; returns how many."""
        rows = await self._run(
            "DELETE FROM trainings WHERE started_at < ? AND id < (SELECT max(id) FROM trainings) RETURNING 1", before
        )
        return len(rows)
