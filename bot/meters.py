"""What is counted as it happens: what members use, how that ends and how long they wait, and how late the loop is.

Prometheus's names and units. No label ever has an id or a text of somebody's: each value is one of a few that the code knows.
"""

import asyncio
import time
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import aiohttp
import discord
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

COMMAND, TYPING, PRESS, FORM = "command", "typing", "press", "form"
OTHER = "other"  # in place of a name that nobody knows
ANSWERED, REFUSED, FAILED, STALE = "answered", "refused", "failed", "stale"
OUTCOME = "outcome"  # of an interaction, among its extras

# Seconds. Discord takes no answer after three.
ANSWER_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)


class _Use(NamedTuple):
    """An interaction that is worked on. made: when Discord made it, by this process's own clock."""

    kind: str
    name: str
    made: float


class Meters:
    """Counters and histograms of one bot. Each costs a member some microseconds, whether they are ever read or not."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._interactions = Counter(
            "marquee_interactions",
            "What members did, by how it ended; stale: it came too late to be answered.",
            ["kind", "name", "outcome"],
            registry=self.registry,
        )
        self._answers = Histogram(
            "marquee_answer_seconds",
            "From when Discord made an interaction until it had the first answer.",
            ["kind", "name"],
            buckets=ANSWER_BUCKETS,
            registry=self.registry,
        )
        self.lag = Histogram(
            "marquee_loop_lag_seconds",
            "How late the event loop came round, measured twice a second.",
            buckets=LAG_BUCKETS,
            registry=self.registry,
        )
        at_work = Gauge("marquee_interactions_at_work", "Interactions that are worked on.", registry=self.registry)
        self._known: set[tuple[str, str]] = set()
        self._open: dict[int, _Use] = {}
        at_work.set_function(lambda: len(self._open))

    def begin(self, interaction: discord.Interaction[Any], kind: str, name: str, late: float = 0.0) -> None:
        """Count an interaction once its task ends: discord.py gives each a task of its own. How it ended is what then stands
        among its extras. late: seconds that it took to get here beyond what is usual."""
        interaction.extras[OUTCOME] = ANSWERED
        if (kind, name) not in self._known:
            self._known.add((kind, name))
            for outcome in (ANSWERED, REFUSED, FAILED, STALE):
                self._interactions.labels(kind, name, outcome)  # from zero: the first of each is seen to be one more
        self._open[interaction.id] = _Use(kind, name, time.perf_counter() - late)
        task = asyncio.current_task()
        assert task is not None
        task.add_done_callback(partial(self._ended, interaction))

    def _ended(self, interaction: discord.Interaction[Any], task: asyncio.Task[Any]) -> None:
        use, outcome = self._open.pop(interaction.id, None), interaction.extras[OUTCOME]
        if use is None:  # another had the same id, which Discord gives to one
            return
        if outcome == ANSWERED and (task.cancelled() or not interaction.response.is_done()):
            outcome = FAILED
        self._interactions.labels(use.kind, use.name, outcome).inc()

    def trace(self) -> aiohttp.TraceConfig:
        """For discord.py's client: it tells of each request, and so of the one that is an interaction's first answer."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._requested)
        return trace

    async def _requested(
        self, _: aiohttp.ClientSession, context: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        match request.url.parts:
            case (*_, "interactions", number, _, "callback") if request.response.ok:
                if (use := self._open.get(int(number))) is not None:
                    self._answers.labels(use.kind, use.name).observe(time.perf_counter() - use.made)
