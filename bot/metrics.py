"""What Prometheus may ask of the bot: what was counted, and how things stand at that moment.

The server and whatever it reads have a thread of their own, so that no member waits for a scrape.
"""

import logging
import math
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any, NamedTuple

from prometheus_client import ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import backups
from bot.app import Marquee
from bot.store import StoreError, size, tally
from bot.store.reading import Tally

TALLY_SECONDS = 15.0  # counting a million ratings takes a tenth of one, and a server's about one

log = logging.getLogger(__name__)


class PortError(Exception):
    """The metrics can't be served there; the message says so."""


class _Figure(NamedTuple):
    """A number that is looked up when it is asked for; None where it isn't known."""

    name: str
    about: str
    of: Callable[[Marquee], float | None]


def _info(bot: Marquee) -> dict[str, Any]:
    return dict(bot.serving.recommender.info) if bot.is_serving else {}


def _rmse(bot: Marquee) -> float | None:
    return _info(bot)["errors"]["rmse"] if bot.is_serving else None


FIGURES = (
    _Figure("gateway_ready", "1 while Discord is connected.", lambda bot: bot.connections.away_since is None),
    _Figure("gateway_latency_seconds", "From a heartbeat to Discord's answer.", lambda bot: bot.latency),
    _Figure("guilds", "Servers that the bot is on.", lambda bot: len(bot.guilds)),
    _Figure("model_serving", "1 once a model answers.", lambda bot: bot.is_serving),
    _Figure(
        "model_trained_timestamp_seconds", "When the model was made.", lambda bot: _info(bot).get("trained_at") or None
    ),
    _Figure("model_rmse_stars", "The model's root mean square error on ratings that no model learns from.", _rmse),
    _Figure("model_ratings", "Ratings that the model learned from.", lambda bot: _info(bot).get("ratings")),
    _Figure("model_retrain_seconds", "How long it took to learn the model.", lambda bot: _info(bot).get("seconds")),
    _Figure("retrain_running", "1 while the bot learns anew.", lambda bot: bot.trainer.running is not None),
    _Figure("films_fetched_timestamp_seconds", "When films were last fetched.", lambda bot: bot.films_at or None),
    _Figure("writes_waiting", "Writes to the database that wait for their turn.", lambda bot: bot.store.writes_waiting),
    _Figure(
        "backup_newest_timestamp_seconds",
        "When the newest backup was made.",
        lambda bot: backups.newest(bot.settings.backup_dir) if bot.is_leading else None,
    ),
    _Figure(
        "disk_free_bytes",
        "Room on the disk with the data folder.",
        lambda bot: shutil.disk_usage(bot.settings.data_dir).free,
    ),
)


class State(Collector):
    """How the bot stands whenever it is asked. What isn't known then is left out."""

    def __init__(self, bot: Marquee) -> None:
        self._bot = bot
        self._tally: Tally | None = None
        self._bytes = 0  # of the database
        self._tallied = -math.inf

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "marquee_build",
            "What runs.",
            value={"version": metadata.version("marquee"), "python": platform.python_version()},
        )
        for name, about, of in FIGURES:
            if (value := _looked_up(of, self._bot)) is not None:
                yield GaugeMetricFamily(f"marquee_{name}", about, value=value)
        yield from self._model()
        if self._bot.is_leading:  # every process would tell the same
            yield from self._database()
        retrains = CounterMetricFamily(
            "marquee_retrains", "Retrains since the start, by how they ended.", labels=["outcome"]
        )
        for outcome, number in self._bot.trainer.ended.items():
            retrains.add_metric([outcome], number)
        yield retrains

    def _model(self) -> Iterator[Metric]:
        if info := _info(self._bot):
            told = {"version": self._bot.serving.version, "dataset": info["dataset"], "config": info["fitted_as"]}
            yield InfoMetricFamily("marquee_model", "The model that serves.", value=told)

    def _database(self) -> Iterator[Metric]:
        if time.monotonic() - self._tallied >= TALLY_SECONDS:
            database = self._bot.settings.database
            try:
                self._tally, self._bytes = tally(database, _info(self._bot).get("data_at", 0)), size(database)
            except (StoreError, OSError):  # what can't be read is told where members want to read it
                self._tally = None
            self._tallied = time.monotonic()
        if self._tally is not None:
            yield GaugeMetricFamily(
                "marquee_database_bytes",
                "The size of the database, with what is not merged into it yet.",
                value=self._bytes,
            )
            yield GaugeMetricFamily("marquee_members", "Members with ratings.", value=self._tally.members)
            yield GaugeMetricFamily("marquee_ratings", "Members' ratings.", value=self._tally.ratings)
            yield GaugeMetricFamily(
                "marquee_ratings_since_model", "Members' ratings that the model doesn't know.", value=self._tally.since
            )


def _looked_up(of: Callable[[Marquee], float | None], bot: Marquee) -> float | None:
    try:
        value = of(bot)
    except (OSError, StoreError):  # a disk or a server that is not there
        return None
    return None if value is None or not math.isfinite(value) else float(value)


@contextmanager
def served(bot: Marquee) -> Iterator[None]:
    """Answer Prometheus until the end of the block, if the settings say where. Raises PortError if that can't be."""
    settings = bot.settings
    if settings.metrics_port is None:
        yield
        return
    registry = bot.meters.registry
    registry.register(State(bot))
    ProcessCollector(registry=registry)
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        raise PortError(
            f"Metrics can't be served at {settings.metrics_host}, port {settings.metrics_port}: "
            f"{error.strerror or error}. Choose others: MARQUEE_METRICS_HOST and MARQUEE_METRICS_PORT."
        ) from None
    try:
        log.info("metrics are served at http://%s:%d/metrics", settings.metrics_host, server.server_port)
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
