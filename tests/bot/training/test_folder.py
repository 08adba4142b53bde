import itertools
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from bot.training.folder import ModelFolder
from recommender import Recommender
from tests.bot.forked import DEAD, die, end_of
from tests.bot.training.conftest import REPORT
from tests.recommender.test_model_file import as_version_7

CHANGES = ("open", "os.remove", "os.link", "os.rename")  # audit events: all by which `publish` could change the folder


def served(folder):
    """The name of the model that would serve, and the problems."""
    serving, problems = folder.load_last_good()
    return serving and serving.recommender.info["name"], problems


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


def test_a_model_of_another_version_is_no_damage_and_stays_for_whoever_serves_it(model, folder, publish, caplog):
    publish("old")
    folder.current.replace(folder.previous)
    as_version_7(model, folder.current)
    of_version_7 = folder.current.read_bytes()
    assert served(folder) == ("old", [])
    assert "model.safetensors was made by another version of this program" in caplog.text
    assert folder.current.read_bytes() == of_version_7
    publish("new")
    assert served(folder) == ("new", [])
    assert folder.previous.read_bytes() == of_version_7


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
        model.with_info(**REPORT.to_json(), name="new").save(folder.candidate)
        died = publish_and_die(folder, step)
        published.add(Recommender.load(folder.current).info["name"])
        if not died:
            break
    assert published == {"old", "new"}
    assert step >= len(CHANGES)


def with_zorblax(folder):
    """What serves, with a film more."""
    serving, _ = folder.load_last_good()
    return serving.with_films(pd.DataFrame({"movie": [9], "title": ["Zorblax"]}))


def test_the_model_s_file_gets_the_films_that_came_since_and_the_model_before_stays(folder, publish):
    publish("old")
    publish("new")
    renewed = folder.renew(with_zorblax(folder)).recommender
    assert renewed.is_stored
    loaded = Recommender.load(folder.current)
    assert (loaded.info["name"], loaded.sha256, loaded.catalogue[9].title) == ("new", renewed.sha256, "Zorblax")
    assert Recommender.load(folder.previous).info["name"] == "old"
    assert folder.renew(with_zorblax(folder).with_films(renewed.movies.iloc[:0], without=[9])) is not None
    assert 9 not in Recommender.load(folder.current).catalogue


def test_a_file_that_others_may_still_have_mapped_keeps_a_name_where_its_films_are_renewed(folder, publish):
    publish("new")
    before = folder.current.stat().st_ino
    folder.renew(with_zorblax(folder))
    assert folder.current.stat().st_ino != before
    assert before in [path.stat().st_ino for path in folder.folder.iterdir()]


def test_films_of_a_model_are_not_put_in_the_place_of_one_that_was_published_since(folder, publish):
    publish("old")
    changed = with_zorblax(folder)
    publish("new")
    files = set(folder.folder.iterdir())
    assert folder.renew(changed) is None
    assert served(folder) == ("new", [])
    assert set(folder.folder.iterdir()) == files


def publish_and_die(folder, step):
    """Publish in a process that dies just before its change number `step`. False if it made fewer and lived."""

    def work():
        changes = itertools.count()
        sys.addaudithook(lambda event, _: die() if event in CHANGES and next(changes) == step else None)
        folder.publish(folder.candidate)

    return end_of(work) == DEAD


def without_links(self, target):
    raise PermissionError(1, "Operation not permitted", str(self))


def test_where_links_are_refused_the_model_before_is_kept_all_the_same(folder, publish, monkeypatch):
    monkeypatch.setattr(Path, "hardlink_to", without_links)
    for name in ("older", "old", "new"):
        publish(name)
    assert served(folder) == ("new", [])
    assert Recommender.load(folder.previous).info["name"] == "old"


def test_a_publication_that_fails_leaves_the_model_and_the_one_before(folder, publish, monkeypatch):
    publish("old")
    publish("new")
    with monkeypatch.context() as broken:
        broken.setattr(Path, "hardlink_to", without_links)
        broken.setattr("shutil.copyfile", without_links)
        with pytest.raises(OSError, match="not permitted"):
            publish("newest")
    assert Recommender.load(folder.current).info["name"] == "new"
    assert Recommender.load(folder.previous).info["name"] == "old"
    publish("newest")
    assert served(folder) == ("newest", [])


def test_a_folder_in_the_place_of_a_model_is_set_aside_with_all_that_is_in_it(folder, publish):
    for _ in range(2):
        publish("old")
        publish("new")
        folder.current.unlink()
        folder.current.mkdir()
        (folder.current / "note.txt").write_text("mine", encoding="utf-8")
        name, [problem] = served(folder)
        assert name == "old"
        assert "model.safetensors is no file" in problem
    assert len(list(folder.folder.glob("*.damaged*/note.txt"))) == 2


def test_a_folder_that_comes_while_the_bot_runs_keeps_no_model_from_being_published(folder, publish):
    folder.current.mkdir()
    publish("new")
    assert served(folder) == ("new", [])


def without(model, field):
    """The model, with a report that lacks this field."""
    report = REPORT.to_json()
    del report[field]
    return model.with_info(**report, name="new")


BROKEN = {
    "a rating time": lambda model: without(model, "data_at"),
    "what was held out": lambda model: without(model, "errors"),
    "a time that is one": lambda model: model.with_info(**REPORT.to_json() | {"data_at": "yesterday"}),
}


@pytest.mark.parametrize("lacks", BROKEN)
def test_a_model_that_lacks_what_the_bot_asks_of_it_is_damaged(model, folder, publish, lacks):
    publish("old")
    BROKEN[lacks](model).save(folder.candidate)
    folder.publish(folder.candidate)
    name, [problem] = served(folder)
    assert name == "old"
    assert "model.safetensors can't serve" in problem


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_model_with_a_number_that_is_none_is_damaged(model, folder, publish, number):
    publish("old")
    broken = model.with_info(**REPORT.to_json())
    items = broken.model.items
    kept = items.clone()
    items[0, 0] = torch.tensor(number)
    try:
        broken.save(folder.candidate)
    finally:
        items.copy_(kept)
    folder.publish(folder.candidate)
    name, [problem] = served(folder)
    assert name == "old"
    assert "items" in problem
