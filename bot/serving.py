"""The model that serves, and the folder where models outlive the process."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.refusal import Refusal
from bot.titles import TitleIndex
from recommender import ModelFileError, Movie, Recommender


@dataclass(frozen=True)
class Serving:
    """All that commands need of one model. A retrain replaces it as a whole, so no command sees two models."""

    recommender: Recommender
    titles: TitleIndex

    @classmethod
    def of(cls, recommender: Recommender, before: Self | None = None) -> Self:
        """Build all that the first command would otherwise wait for: seconds for a large set, so not on the event loop.

        What does not change with a retrain is taken from the model `before`: even in a thread of its own, building it
        holds up every command.
        """
        if before is not None and (shared := recommender.sharing_films(before.recommender)) is not recommender:
            _ = shared.neighbourhood
            return cls(shared, before.titles)
        _ = recommender.neighbourhood
        return cls(recommender, TitleIndex(recommender.catalogue, recommender.popularity))

    @property
    def newest_year(self) -> int:
        """The year of the newest film."""
        return max((movie.year for movie in self.recommender.catalogue if movie.year is not None), default=0)

    def film(self, movie: int) -> Movie:
        """The film with this id; a button may name one that a later catalogue lacks, which is a Refusal."""
        found = self.recommender.catalogue.get(movie)
        if found is None:
            raise Refusal("That film is no longer in my catalogue. Look for it with `/rate`.")
        return found


class ModelFolder:
    """Where models are kept: the current one and the one before it. Only `publish` replaces them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current = folder / "model.safetensors"
        self.previous = folder / "model.previous.safetensors"
        # In a folder of its own, since a worker that is killed while it writes may leave files of any name.
        self.candidate = folder / "training" / "candidate.safetensors"

    def load_last_good(self) -> tuple[Recommender | None, list[str]]:
        """The current model, or the previous one if that is damaged; and what was wrong, in sentences.

        A damaged file is set aside, never deleted. The model that is returned is the current one afterwards.
        """
        self.clean()
        problems = []
        for path in (self.current, self.previous):
            try:
                recommender = Recommender.load(path)
            except FileNotFoundError:
                continue
            except ModelFileError as error:
                aside = path.replace(path.with_suffix(f".damaged{path.suffix}"))
                problems.append(f"{error}. It is kept as {aside.name}.")
            else:
                path.replace(self.current)
                return recommender, problems
        return None, problems

    def publish(self, candidate: Path) -> None:
        """Make the candidate the current model, and the current one the previous.

        Whenever the machine stops, the current model is whole: the old one or the new one.
        """
        _sync(candidate)
        if self.current.exists():
            self.previous.unlink(missing_ok=True)
            self.previous.hardlink_to(self.current)
        candidate.replace(self.current)
        _sync(self.folder)

    def clean(self) -> None:
        """Make room for a candidate: remove what a worker wrote and nobody published."""
        training = self.candidate.parent
        if training.exists():
            shutil.rmtree(training)
        training.mkdir(parents=True)


def _sync(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
