"""The model file: what goes in comes out, and nothing else does."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from recommender import FitConfig, ModelFileError, Recommender, model_file, slate


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
    assert [pick.match for pick in picks] == pytest.approx([pick.match for pick in before], rel=1e-4)
    assert loaded.taste(history).explain(25) == small.taste(history).explain(25)
    assert loaded.taste(history).seen([25]) == pytest.approx(small.taste(history).seen([25]), rel=1e-4)
    assert loaded.similar(5, 5) == small.similar(5, 5)
    assert loaded.top(10) == small.top(10)


def test_a_loaded_model_knows_its_films_its_scale_and_its_fit(small: Recommender, saved: Path) -> None:
    loaded = Recommender.load(str(saved))
    assert list(loaded.catalogue) == list(small.catalogue)
    pd.testing.assert_frame_equal(loaded.movies, small.movies)
    assert loaded.scale == small.scale
    assert loaded.info == {**small.info, "note": "Amélie ★"}


def test_a_loaded_model_knows_what_people_elsewhere_gave_its_films(
    club: pd.DataFrame, club_films: pd.DataFrame, small_config: FitConfig, tmp_path: Path
) -> None:
    known = club_films.assign(outside_mean=[7.25, np.nan] * 21, outside_votes=[*range(41), np.nan])
    model = Recommender.fit(club, known, config=small_config, device="cpu")
    model.save(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(Recommender.load(tmp_path / "model.safetensors").movies, model.movies)
    assert model.movies["outside_mean"].tolist()[0] == 7.25


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
    with pytest.raises(ModelFileError, match="not a model of this program"):
        Recommender.load(path)


@pytest.mark.parametrize("document", [{}, {"films": {"titles": ["Heat"], "years": [1995], "genres": [""]}}], ids=str)
def test_a_file_that_does_not_say_what_its_films_are_is_refused(
    small: Recommender, tmp_path: Path, document: dict[str, object]
) -> None:
    text = json.dumps({**document, "scalars": small.model.scalars()})
    with pytest.raises(ModelFileError, match=r"odd\.safetensors does not say what its films are"):
        Recommender.load(_written(small, tmp_path / "odd.safetensors", text))


@pytest.mark.parametrize("text", ["", "{}", "[1]", "Heat"])
def test_a_file_without_a_document_is_refused(small: Recommender, tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelFileError, match=r"odd\.safetensors does not hold a whole model"):
        Recommender.load(_written(small, tmp_path / "odd.safetensors", text))


def _written(model: Recommender, path: Path, document: str) -> Path:
    """A file with this document, and the checksum that fits it."""
    tensors = {**model.model.tensors(), **model_file.packed(model.stored())}
    header = {"format": model_file.FORMAT, "document": document, "sha256": model_file._digest(tensors, document)}
    save_file(tensors, path, metadata=header)
    return path


def _with_scalars(model: Recommender, path: Path, scalars: object) -> Path:
    """A file that is whole but for what it says of the scalars."""
    model.save(path)
    with safe_open(path, framework="pt") as file:
        document = json.loads(file.metadata()["document"])
    return _written(model, path, json.dumps({**document, "scalars": scalars}))


SCALARS = ("mu", "lowest", "highest", "unit", "sigmoid_range", "genres")
# Of what a scalar may hold, nothing that a model could have.
NONSENSE = st.sampled_from(["missing", "text", "3.5", [], {}, [1.0], ["a", "b"], float("nan"), float("inf"), 10**400])


def test_the_scalars_are_those_that_are_damaged_here(small: Recommender) -> None:
    assert set(small.model.scalars()) == set(SCALARS)


@settings(max_examples=60)
@given(name=st.sampled_from(SCALARS), value=NONSENSE | st.text() | st.lists(st.floats(), min_size=3))
def test_a_scalar_that_is_missing_or_nonsense_is_refused(
    small: Recommender, saved: Path, name: str, value: object
) -> None:
    scalars: dict[str, object] = {**small.model.scalars(), name: value}
    if value == "missing":
        del scalars[name]
    with pytest.raises(ModelFileError, match=r"odd\.safetensors does not hold a whole model"):
        Recommender.load(_with_scalars(small, saved.with_name("odd.safetensors"), scalars))


@pytest.mark.parametrize(
    "wrong",
    [
        {"mu": None},
        {"unit": None},
        {"unit": 0.0},
        {"unit": -1.0},
        {"lowest": 5.0, "highest": 0.5},
        {"sigmoid_range": [5.5, 0.0]},
        {"sigmoid_range": [1.0, 1.0]},
        {"sigmoid_range": [0.0, float("nan")]},
        {"sigmoid_range": 0},
        {"genres": None},
        {"genres": "abc"},
        {"genres": ["Comedy", "Horror"]},
        {"genres": ["Comedy", "Horror", 3]},
        {"one_more": 1.0},
        {"users": 1.0},
    ],
    ids=str,
)
def test_scalars_that_no_model_has_are_refused(small: Recommender, tmp_path: Path, wrong: dict[str, object]) -> None:
    path = _with_scalars(small, tmp_path / "odd.safetensors", {**small.model.scalars(), **wrong})
    with pytest.raises(ModelFileError, match=r"odd\.safetensors does not hold a whole model"):
        Recommender.load(path)


@pytest.mark.parametrize("scalars", [None, [], 5, "mu", list(SCALARS)], ids=str)
def test_what_are_no_scalars_at_all_are_refused(small: Recommender, tmp_path: Path, scalars: object) -> None:
    with pytest.raises(ModelFileError, match=r"odd\.safetensors"):
        Recommender.load(_with_scalars(small, tmp_path / "odd.safetensors", scalars))


def test_a_file_of_the_version_before_is_refused_with_a_sentence_that_says_so(
    small: Recommender, tmp_path: Path
) -> None:
    """Version 7 had rows for films that nobody rated."""
    with pytest.raises(ModelFileError) as refused:
        Recommender.load(as_version_7(small, tmp_path / "model.safetensors"))
    assert str(refused.value) == (
        "model.safetensors was made by another version of this program (marquee-8); this one reads marquee-10"
    )


def as_version_7(model: Recommender, path: Path) -> Path:
    """The model as version 7 would have written it."""
    tensors = model.model.tensors()
    films = {
        "titles": [""] * len(model.movies),
        "years": [None] * len(model.movies),
        "genres": [""] * len(model.movies),
    }
    parts = {"info": model.info, "films": films, "scalars": model.model.scalars()}
    document = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    header = {"format": "marquee-8", "document": document, "sha256": model_file._digest(tensors, document)}
    save_file(tensors, path, metadata=header)
    return path


def test_a_loaded_model_works_out_nothing_anew_that_its_file_holds(
    saved: Path, small: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = small.similar(5, 5)  # with all that this takes
    for reads in ("catalogue._read", "filters._words", "title_likeness._read", "similar.Neighbourhood._crowded"):
        monkeypatch.setattr(f"recommender.{reads}", lambda *_: pytest.fail("it was read anew"))
    loaded = Recommender.load(saved)
    assert loaded.similar(5, 5) == expected
    assert list(loaded.catalogue) == list(small.catalogue)
    assert loaded.films.with_phrase("film no. 7").tolist() == small.films.with_phrase("film no. 7").tolist()
    label = small.catalogue[25].label
    assert loaded.catalogue.by_label(label) == small.catalogue.by_label(label)


def test_what_is_saved_again_is_the_same_file(saved: Path, tmp_path: Path) -> None:
    loaded = Recommender.load(saved)
    loaded.save(tmp_path / "again.safetensors")
    again = Recommender.load(tmp_path / "again.safetensors")
    assert again.sha256 == loaded.sha256 == model_file.sha256(saved)


def test_a_model_to_which_films_came_still_knows_its_file_and_holds_no_copy_of_its_tables(saved: Path) -> None:
    loaded = Recommender.load(saved)
    film = pd.DataFrame({"movie": [7777], "title": ["Midnight Ferry"], "year": [2026]})
    grown = loaded.without_films([]).with_films(film)
    assert grown.sha256 == loaded.sha256
    for name in ("items", "samples", "set_basis", "next_given", "next_following", "users"):
        assert getattr(grown.model, name).data_ptr() == getattr(loaded.model, name).data_ptr(), name
    assert grown.without_films([7777]).model.samples.data_ptr() == loaded.model.samples.data_ptr()


def test_a_model_goes_on_when_another_file_has_the_name_of_its_own(small: Recommender, tmp_path: Path) -> None:
    path, history = tmp_path / "model.safetensors", {5: 4.5, 15: 1.0}
    small.save(path)
    loaded = Recommender.load(path)
    expected = Recommender.load(path).taste(history).recommend(10)
    small.with_info(name="new").save(tmp_path / "new")
    (tmp_path / "new").replace(path)
    assert loaded.taste(history).recommend(10) == expected
    assert loaded.similar(5, 3) == small.similar(5, 3)
    assert Recommender.load(path).info["name"] == "new"


def test_a_copied_model_answers_as_a_mapped_one(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = Recommender.load(saved)
    monkeypatch.setattr(model_file, "BACKEND", "pread")
    copied = Recommender.load(saved)
    assert copied.sha256 == mapped.sha256
    assert copied.similar(5, 5) == mapped.similar(5, 5)
    own, other = (model.taste({5: 4.5}).recommend(5) for model in (copied, mapped))
    assert [pick.movie for pick in own] == [pick.movie for pick in other]
    assert [pick.stars for pick in own] == pytest.approx([pick.stars for pick in other], rel=1e-5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is mapped")
def test_nothing_writes_into_what_is_mapped(saved: Path, tmp_path: Path) -> None:
    """A page that is written to would be the process's own from then on."""
    path = tmp_path / "alone.safetensors"
    path.write_bytes(saved.read_bytes())
    loaded = Recommender.load(path)
    taste = loaded.taste({5: 4.5, 15: 1.0, 405: 3.0})
    picks = [pick.movie for pick in taste.recommend(10)]
    taste.explain(25), taste.lifts(picks), taste.questions(2), taste.expected(), taste.telling(), taste.seen(picks)
    slate([taste, loaded.taste({25: 2.0})])
    loaded.similar(5, 5), loaded.top(5), loaded.film_map.regions(), loaded.predict([1], [5])
    film = pd.DataFrame({"movie": [7777], "title": ["Midnight Ferry"], "year": [2026]})
    loaded.with_films(film).similar(7777, 3)
    mappings = [part for part in Path("/proc/self/smaps").read_text().split("VmFlags") if path.name in part]
    assert [re.findall(r"Anonymous: +(\d+) kB", mapping) for mapping in mappings] == [["0"]]
    assert " rw-p " in mappings[0] or " r--p " in mappings[0]


def test_a_text_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Watch Heat on Friday.")
    with pytest.raises(ModelFileError, match=r"notes\.txt cannot be read"):
        Recommender.load(path)


def test_no_file_is_another_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model at"):
        Recommender.load(tmp_path / "none.safetensors")


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="is no file"):
        Recommender.load(tmp_path)


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
