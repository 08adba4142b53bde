"""The folder where models outlive the process."""

import logging
import shutil
import threading
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from bot.durable import second, sync
from bot.serving import Serving
from bot.training.retrain import Report
from recommender import ModelFileError, Recommender, model_file
from recommender.model_file import OtherFormatError

log = logging.getLogger(__name__)


class Published(NamedTuple):
    """By what a file is told from another one that has its name later."""

    device: int
    inode: int
    size: int
    modified: int  # nanoseconds since 1970


class ModelFolder:
    """Where models are kept: the current one and the one before it. Only `publish` and `renew` replace them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current = folder / "model.safetensors"
        self.previous = folder / "model.previous.safetensors"
        # A folder of its own, so that whatever a killed worker leaves behind can be removed with it.
        self.candidate = folder / "training" / "candidate.safetensors"
        self._renewed = folder / "model.renewed.safetensors"
        self._replaced = folder / "model.replaced.safetensors"
        self._replacing = threading.Lock()

    def load_last_good(self) -> tuple[Serving | None, list[str]]:
        """The current model, or the previous one if that can't serve; and what was wrong, in sentences.

        A damaged file is set aside, never deleted, and the model that is returned is the current one afterwards. One of another
        version of the program is no damage, and stays: processes of that version may serve it still. Raises OSError where a file
        can't be read, which says nothing of what it holds.
        """
        self.clean()
        problems = []
        for path in (self.current, self.previous):
            try:
                serving = load(path)
            except FileNotFoundError:
                continue
            except OtherFormatError as error:
                log.warning("%s", error)
            except ModelFileError as error:
                problems.append(f"{error}. It is kept as {_set_aside(path).name}.")
            else:
                if not self.current.exists():
                    path.replace(self.current)
                return serving, problems
        return None, problems

    def published(self) -> Published | None:
        """Which file the current model is, without reading it; None if there is none. Raises OSError if that can't be seen."""
        try:
            about = self.current.stat()
        except FileNotFoundError:
            return None
        return Published(about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)

    def publish(self, candidate: Path) -> None:
        """Make the candidate the current model, and the current one the previous.

        Whenever the machine stops, the current model is whole: the old one or the new one.
        """
        sync(candidate)
        with self._replacing:
            if self.current.is_dir():
                _set_aside(self.current)
            elif self.current.exists():
                # Beside the candidate first: if this fails, the previous model is still there.
                kept = second(self.current, self.candidate.with_name(self.previous.name))
                kept.replace(self.previous)
            candidate.replace(self.current)
        sync(self.folder)

    def renew(self, serving: Serving) -> Serving | None:
        """Make the current model the same one with the films that this has, and give that back as its file has it. None where
        another model has been published since. The previous one stays. Raises OSError, ModelFileError."""
        # Another file each time: the last one may still be mapped somewhere, if it never became the current model.
        self._renewed.unlink(missing_ok=True)
        serving.recommender.save(self._renewed)
        renewed = load(self._renewed, before=serving)
        sync(self._renewed)
        with self._replacing:
            if model_file.sha256(self.current) != serving.recommender.sha256:
                self._renewed.unlink()
                return None
            # Over a network, a file whose last name is gone may be gone for those that have it mapped, too.
            second(self.current, self._replaced)
            self._renewed.replace(self.current)
        sync(self.folder)
        return renewed

    def clean(self) -> None:
        """Make room for a candidate: remove what a worker wrote and nobody published."""
        training = self.candidate.parent
        if training.exists():
            shutil.rmtree(training)
        training.mkdir(parents=True)


def problem(path: Path) -> str | None:
    """Why a model's file can't serve, in a sentence; None if it can. The file stays as it is. Takes some seconds."""
    try:
        load(path)
    except FileNotFoundError:
        return f"there is no {path.name}"
    except OSError as error:
        return f"{path.name} can't be read: {error.strerror}"
    except ModelFileError as error:
        return str(error)
    return None


def load(path: Path, before: Serving | None = None) -> Serving:
    """The model of a file; before: see `Serving.of`. Raises ModelFileError if it can't serve, for whatever reason,
    OSError where it can't be read."""
    recommender = Recommender.load(path)
    try:
        TypeAdapter(Report).validate_python(recommender.info)
        TypeAdapter(float).validate_python(recommender.info["trained_at"])
        return Serving.of(recommender, before)
    except Exception as error:
        raise ModelFileError(f"{path.name} can't serve: {type(error).__name__}: {error}") from error


def _set_aside(path: Path) -> Path:
    """Give a damaged model another name. One from before is overwritten, unless it is a folder."""
    aside = path.with_suffix(f".damaged{path.suffix}")
    number = 1
    while aside.is_dir() or (path.is_dir() and aside.exists()):
        number += 1
        aside = path.with_suffix(f".damaged-{number}{path.suffix}")
    return path.replace(aside)
