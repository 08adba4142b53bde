"""The model file: what goes in comes out, and nothing else does."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from recommender import ModelFileError, Recommender, model_file


@pytest.fixture(scope="module")
def saved(small: Recommender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    small.with_info(note="Amélie ★").save(path)
    return path


def test_a_loaded_model_predicts_what_the_saved_one_did(small: Recommender, saved: Path, club: pd.DataFrame) -> None:
    loaded = Recommender.load(saved)
    assert loaded.predict(club["user"], club["movie"]).tolist() == small.predict(club["user"], club["movie"]).tolist()
    history = {5: 4.5, 15: 1.0}
    picks, before = loaded.taste(history).recommend(10), small.taste(history).recommend(10)
    assert [pick.movie for pick in picks] == [pick.movie for pick in before]
    # The last digits of a product depend on where in memory a table begins.
    assert [pick.sd_mean for pick in picks] == pytest.approx([pick.sd_mean for pick in before], rel=1e-4)
    assert loaded.taste(history).explain(25) == small.taste(history).explain(25)
    assert loaded.similar(5, 5) == small.similar(5, 5)
    assert loaded.top(10) == small.top(10)


def test_a_loaded_model_knows_its_films_its_scale_and_its_fit(small: Recommender, saved: Path) -> None:
    loaded = Recommender.load(str(saved))
    assert list(loaded.catalogue) == list(small.catalogue)
    pd.testing.assert_frame_equal(loaded.movies, small.movies)
    assert loaded.scale == small.scale
    assert loaded.info == {**small.info, "note": "Amélie ★"}


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_bit_that_flipped_anywhere_is_noticed(saved: Path, place: float, bit: int) -> None:
    content = bytearray(saved.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    _refused(saved, bytes(content))


@given(place=st.floats(0, 1), bit=st.integers(0, 7))
def test_one_bit_that_flipped_in_the_header_is_noticed(saved: Path, place: float, bit: int) -> None:
    content = bytearray(saved.read_bytes())
    content[int(place * (7 + int.from_bytes(content[:8], "little")))] ^= 1 << bit
    _refused(saved, bytes(content))


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_broke_off_is_noticed(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    _refused(saved, content[: int(share * len(content))])


def _refused(saved: Path, content: bytes) -> None:
    damaged = saved.with_name("damaged.safetensors")
    damaged.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"damaged\.safetensors"):
        Recommender.load(damaged)


def test_weights_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weights": torch.zeros(3, dtype=torch.bfloat16)}, path)
    with pytest.raises(ModelFileError, match="not a model of this version"):
        Recommender.load(path)


@pytest.mark.parametrize(
    "document", ["{}", '{"films": {"titles": ["Heat"], "years": [1995], "genres": [""]}}', "[1]", "Heat"]
)
def test_a_file_that_does_not_say_what_its_films_are_is_refused(
    small: Recommender, tmp_path: Path, document: str
) -> None:
    path, tensors = tmp_path / "odd.safetensors", small.model.tensors()
    header = {"format": model_file.FORMAT, "document": document, "sha256": model_file._digest(tensors, document)}
    save_file(tensors, path, metadata=header)
    with pytest.raises(ModelFileError, match=r"odd\.safetensors"):
        Recommender.load(path)


def test_a_text_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Watch Heat on Friday.")
    with pytest.raises(ModelFileError, match=r"notes\.txt cannot be read"):
        Recommender.load(path)


def test_no_file_is_another_error(tmp_path: Path) -> None:
    for nothing in (tmp_path / "none.safetensors", tmp_path):
        with pytest.raises(FileNotFoundError, match="no model at"):
            Recommender.load(nothing)


def test_a_member_who_is_taken_out_leaves_no_trace(small: Recommender, club: pd.DataFrame, tmp_path: Path) -> None:
    gone, stays = 10**18, 10**18 + 7
    row = int(np.flatnonzero(small.model.user_ids.numpy() == gone)[0])
    traces = [gone.to_bytes(8, "little"), str(gone).encode(), small.model.users[row].numpy().tobytes()]
    before, after = tmp_path / "before", tmp_path / "after"
    small.save(before)
    small.without_users([gone, 404]).save(after)
    assert traces[0] in before.read_bytes()
    assert traces[2] in before.read_bytes()
    assert not any(trace in after.read_bytes() for trace in traces)

    loaded = Recommender.load(after)
    movies = club["movie"].unique()
    assert loaded.predict(np.full(len(movies), stays), movies).tolist() == (
        small.predict(np.full(len(movies), stays), movies).tolist()
    )
    assert loaded.predict([gone], [5]) == pytest.approx(small.taste({}).predict([5])[0], abs=1e-5)


def test_a_model_may_have_no_members_left(small: Recommender, club: pd.DataFrame, tmp_path: Path) -> None:
    small.without_users(club["user"].unique()).save(tmp_path / "model")
    loaded = Recommender.load(tmp_path / "model")
    assert loaded.predict([1], [5]) == pytest.approx(small.taste({}).predict([5])[0], abs=1e-5)
