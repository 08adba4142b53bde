"""Models that another process publishes, for one that doesn't learn."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.serving import Serving
from bot.training.folder import ModelFolder, Published, load
from recommender import ModelFileError, model_file

log = logging.getLogger(__name__)


class Follower:
    """Looks at a model folder, and never changes it. `serving` gives the model that serves now, or None; `publish` puts a new one
    in its place, on the event loop: commands that have begun go on with the one before."""

    def __init__(
        self, folder: ModelFolder, serving: Callable[[], Serving | None], publish: Callable[[Serving], Awaitable[None]]
    ) -> None:
        self._folder, self._serving, self._publish = folder, serving, publish
        self._seen: Published | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        """Serve the folder's model, if it is another than the one that serves. Whoever hears of a new one may call this at any
        time; it costs next to nothing where there is none. A model that is damaged leaves the one before, and where none serves
        the folder's last one does. One that can't be read is looked at again."""
        async with self._looking:
            try:
                published = await asyncio.to_thread(self._folder.published)
                if published is None or published == self._seen:
                    return
                serving = await asyncio.to_thread(self._load)
            except ModelFileError as error:
                log.error("A model that was published can't serve: %s.", error)
            except OSError as error:  # it may be gone, or be there again, at the next look
                log.error("The folder of the models can't be read: %s", error)
                return
            else:
                if serving is not None:
                    await self._publish(serving)
                    log.info("a model that another process published serves now")
            self._seen = published

    def _load(self) -> Serving | None:
        before = self._serving()
        # A copy of the same file is no new model.
        if before is not None and model_file.sha256(self._folder.current) == before.recommender.sha256:
            return None
        try:
            return load(self._folder.current, before)
        except ModelFileError as error:
            if before is not None or not self._folder.previous.exists():
                raise
            log.error("A model that was published can't serve, and the one before it does: %s.", error)
            return load(self._folder.previous)
