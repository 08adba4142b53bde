"""A process that doesn't learn serves what another one publishes."""

import shutil

import pytest

from bot.lock import alone_with
from bot.serving import Serving
from bot.training.folder import ModelFolder
from bot.training.follower import Follower
from tests.bot.trouble import no_more_files


class Process:
    """One that follows a folder."""

    def __init__(self, folder):
        self.served: list[Serving] = []
        self.follower = Follower(folder, lambda: self.served[-1] if self.served else None, self._publish)

    async def _publish(self, serving):
        self.served.append(serving)

    async def sees(self):
        """The names of the models that it has served after one more look."""
        await self.follower.look()
        return [serving.recommender.info["name"] for serving in self.served]


@pytest.fixture
def process(folder):
    return Process(folder)


async def test_each_model_that_is_published_is_served_once(process, publish):
    assert await process.sees() == []
    publish("first")
    assert await process.sees() == ["first"]
    assert await process.sees() == ["first"]
    publish("second")
    assert await process.sees() == ["first", "second"]


async def test_a_copy_of_the_model_that_serves_is_no_new_one(process, publish, folder):
    publish("first")
    await process.sees()
    shutil.copy(folder.current, folder.candidate)
    folder.publish(folder.candidate)
    assert await process.sees() == ["first"]


async def test_a_damaged_model_is_told_once_left_where_it_is_and_the_next_one_serves(process, publish, folder, caplog):
    publish("first")
    await process.sees()
    publish("second")
    content = bytearray(folder.current.read_bytes())
    content[-1] ^= 1
    folder.candidate.write_bytes(content)
    folder.publish(folder.candidate)
    assert await process.sees() == await process.sees() == ["first"]
    assert caplog.text.count("can't serve") == 1
    assert folder.current.read_bytes() == content
    publish("third")
    assert await process.sees() == ["first", "third"]


async def test_while_none_serves_the_model_before_a_damaged_one_does(process, publish, folder):
    publish("first")
    publish("second")
    folder.candidate.write_bytes(folder.current.read_bytes()[:-1])
    folder.current.unlink()
    folder.candidate.replace(folder.current)
    assert await process.sees() == await process.sees() == ["first"]


async def test_where_no_file_can_be_opened_the_model_is_looked_at_again(process, publish, caplog):
    publish("first")
    with no_more_files():
        assert await process.sees() == []
    assert "Too many open files" in caplog.text
    assert await process.sees() == ["first"]


async def test_a_folder_that_can_not_be_read_is_looked_at_again(process, publish, folder, caplog):
    away = folder.folder.with_name("away")
    publish("first")
    folder.folder.rename(away)
    folder.folder.write_text("a file where the folder belongs")
    assert await process.sees() == []
    assert "can't be read" in caplog.text
    folder.folder.unlink()
    away.rename(folder.folder)
    assert await process.sees() == ["first"]


async def test_what_was_begun_with_a_model_goes_on_with_it_when_another_has_its_place(process, publish, folder):
    publish("first")
    await process.sees()
    taste = process.served[0].recommender.taste({1: 5.0, 2: 1.0})
    before = taste.recommend(3, include_history=True)
    publish("second")
    publish("third")
    await process.sees()
    assert taste.recommend(3, include_history=True) == before
    # Its file has no name any more.
    assert folder.current.stat().st_ino != folder.previous.stat().st_ino


async def test_the_process_that_learns_serves_what_train_published_beside_it(club, publish):
    assert club.bot.is_learning
    publish("by hand", club.bot.folder)
    await club.env.advance_time(30)
    assert club.bot.serving.recommender.info["name"] == "by hand"


async def test_the_second_process_of_a_folder_follows_and_takes_over_when_the_first_has_ended(
    club, alice, tmp_path, publish
):
    """As bots of a cluster have it: one folder, and whoever has its lock learns."""
    shared = ModelFolder(tmp_path / "shared")
    shared.clean()
    with alone_with(shared.folder):
        await club.restart(model_dir=shared.folder, owner_ids=frozenset({alice.id}))
        await club.env.settle()
        assert not club.bot.is_serving
        assert "another bot has my folder of models" in (await alice.says("admin retrain")).text
        for name in ("first", "second"):
            publish(name, shared)
            await club.env.advance_time(30)
            assert club.bot.serving.recommender.info["name"] == name
        await club.env.advance_time(5 * 60)
        assert club.bot.trainer.running is None
    assert await club.bot.try_to_learn()
