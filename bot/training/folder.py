"""The folder where models outlive the process."""

import os
import shutil
from pathlib import Path

from recommender import ModelFileError, Recommender


class ModelFolder:
    """Where models are kept: the current one and the one before it. Only `publish` replaces them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current = folder / "model.safetensors"
        self.previous = folder / "model.previous.safetensors"
        # A folder of its own, so that whatever a killed worker leaves behind can be removed with it.
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
