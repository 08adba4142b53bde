import itertools
import os
import sys

import pytest

from bot.training.folder import ModelFolder
from recommender import Recommender
from tests.recommender.test_model_file import as_version_7

CHANGES = ("open", "os.remove", "os.link", "os.rename")  # audit events: all by which `publish` could change the folder


@pytest.fixture
def folder(tmp_path):
    folder = ModelFolder(tmp_path / "models")
    folder.clean()
    return folder


@pytest.fixture
def publish(model, folder):
    def publish(name):
        model.with_info(name=name).save(folder.candidate)
        folder.publish(folder.candidate)

    return publish


def served(folder):
    """The name of the model that is loaded, and the problems."""
    model, problems = folder.load_last_good()
    return model and model.info["name"], problems


def damage(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_new_folder_has_no_model_and_no_problem(tmp_path):
    assert ModelFolder(tmp_path / "data" / "models").load_last_good() == (None, [])


def test_the_model_published_last_is_loaded(folder, publish):
    publish("old")
    publish("new")
    assert served(folder) == ("new", [])


def test_the_model_before_is_kept(folder, publish):
    publish("old")
    publish("new")
    assert Recommender.load(folder.previous).info["name"] == "old"


def test_a_damaged_model_is_named_and_the_one_before_is_loaded(folder, publish):
    publish("old")
    publish("new")
    damage(folder.current)
    name, [problem] = served(folder)
    assert name == "old"
    assert "model.safetensors is damaged" in problem


def test_a_damaged_model_is_kept_under_another_name_and_not_tried_again(folder, publish):
    publish("old")
    publish("new")
    damage(folder.current)
    damaged = folder.current.read_bytes()
    served(folder)
    assert folder.current.with_name("model.damaged.safetensors").read_bytes() == damaged
    assert served(folder) == ("old", [])


def test_a_model_of_the_version_before_is_set_aside_with_a_sentence(model, folder):
    as_version_7(model, folder.current)
    name, [problem] = served(folder)
    assert name is None
    assert "model.safetensors was made by another version of this program" in problem
    assert served(folder) == (None, [])
    assert folder.current.with_name("model.damaged.safetensors").exists()


def test_after_damage_the_good_model_is_the_one_before_the_next(folder, publish):
    publish("old")
    publish("damaged")
    damage(folder.current)
    served(folder)
    publish("new")
    assert served(folder) == ("new", [])
    assert Recommender.load(folder.previous).info["name"] == "old"


def test_two_damaged_models_are_two_problems(folder, publish):
    publish("old")
    publish("new")
    damage(folder.current)
    folder.previous.write_bytes(b"")
    name, problems = served(folder)
    assert name is None
    assert len(problems) == 2


def test_a_missing_model_is_no_problem_while_there_is_one_before_it(folder, publish):
    publish("old")
    publish("new")
    folder.current.unlink()
    assert served(folder) == ("old", [])


def test_what_a_killed_worker_left_is_removed_at_the_start(folder, publish):
    publish("good")
    folder.candidate.write_bytes(b"half a mod")
    folder.candidate.with_name(".tmpXYZ").touch()
    assert served(folder) == ("good", [])
    assert list(folder.candidate.parent.iterdir()) == []


def test_dying_at_any_step_of_a_publication_leaves_the_old_model_or_the_new(model, folder, publish):
    published = set()
    for step in itertools.count():
        publish("older")
        publish("old")
        model.with_info(name="new").save(folder.candidate)
        died = publish_and_die(folder, step)
        published.add(Recommender.load(folder.current).info["name"])
        if not died:
            break
    assert published == {"old", "new"}
    assert step >= len(CHANGES)


def publish_and_die(folder, step):
    """Publish in a process that dies just before its change number `step`. False if it made fewer and lived."""
    if (child := os.fork()) == 0:
        changes = itertools.count()
        sys.addaudithook(lambda event, _: event in CHANGES and next(changes) == step and os._exit(1))
        try:
            folder.publish(folder.candidate)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
