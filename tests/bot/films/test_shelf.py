"""What is kept of the sources is whole, or as if it were not there."""

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.films.film import Film
from bot.films.shelf import About, InUseError, Kept, Shelf

THEN = datetime(2026, 11, 21, tzinfo=UTC)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
MATRIX = Film("The Matrix", 1999, 133093, 603, ("Matrix",), 136, ("Action", "Sci-Fi"), "en", 2_000_000, 8.7, 190.0)
UNKNOWN = Film("???", None)


def rows(frame: pd.DataFrame) -> list[Film]:
    """The films in a frame, as they were written."""
    plain = frame.astype(object).where(frame.notna(), None)
    lists = (row._replace(others=tuple(row.others), genres=tuple(row.genres)) for row in plain.itertuples(index=False))
    return [Film(*row) for row in lists]


def test_films_are_read_as_they_were_written(shelf):
    shelf.write("imdb", [MATRIX, UNKNOWN], NOW)
    assert rows(shelf.read("imdb")) == [MATRIX, UNKNOWN]


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            MATRIX._replace,
            title=st.text(min_size=1),
            year=st.none() | st.integers(1870, 2100),
            tmdb=st.none() | st.integers(1, 2**53 + 1),
            others=st.lists(st.text(), max_size=3).map(tuple),
            mean=st.none() | st.floats(1, 10),
        ),
        max_size=1,
    )
)
def test_any_film_is_read_as_it_was_written(tmp_path_factory, films):
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    shelf.write("typed", films, NOW)
    assert rows(shelf.read("typed")) == films


def test_columns_have_the_same_types_with_and_without_films(shelf):
    shelf.write("imdb", [MATRIX], NOW)
    shelf.write("wikidata", [], NOW)
    types = shelf.read("imdb").dtypes
    assert types["imdb"] == types["year"] == "Int64"
    for source in ("wikidata", "nothing of which is kept"):
        assert shelf.read(source).empty
        assert shelf.read(source).dtypes.equals(types)


def test_a_piece_replaces_itself_and_no_other(shelf):
    shelf.write("wikidata", [MATRIX], THEN, "1999")
    shelf.write("wikidata", [UNKNOWN], THEN, "2000")
    shelf.write("wikidata", [MATRIX, MATRIX._replace(imdb=1)], NOW, "1999")
    assert shelf.pieces("wikidata") == {"1999": Kept(2, NOW), "2000": Kept(1, THEN)}
    assert shelf.about("wikidata") == About(3, THEN, NOW)
    assert shelf.about("imdb") is None


def test_of_a_film_in_two_pieces_the_later_counts(shelf):
    shelf.write("wikidata", [MATRIX, UNKNOWN], NOW, "1999")
    shelf.write("wikidata", [MATRIX._replace(year=2000), UNKNOWN], THEN, "2000")
    assert sorted(film.year or 0 for film in rows(shelf.read("wikidata"))) == [0, 0, 1999]


def test_times_are_kept_in_utc(shelf):
    shelf.write("imdb", [], NOW.astimezone(timezone(timedelta(hours=9))))
    assert shelf.about("imdb") == About(0, NOW, NOW)


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:100], lambda whole: b"not parquet" * 9])
def test_a_damaged_piece_counts_as_missing_and_is_told(shelf, caplog, damage):
    shelf.write("wikidata", [MATRIX], NOW, "1999")
    shelf.write("wikidata", [UNKNOWN], NOW, "2000")
    file = shelf.folder / "wikidata" / "1999.parquet"
    file.write_bytes(damage(file.read_bytes()))
    assert rows(shelf.read("wikidata")) == [UNKNOWN]
    assert list(shelf.pieces("wikidata")) == ["2000"]
    assert caplog.text.count("is damaged") == 1


def test_a_piece_that_is_damaged_inside_counts_as_missing_from_its_first_reading_on(shelf, caplog):
    shelf.write("wikidata", [MATRIX], NOW, "1999")
    file = shelf.folder / "wikidata" / "1999.parquet"
    whole = bytearray(file.read_bytes())
    whole[40:80] = bytes(40)
    file.write_bytes(whole)
    assert rows(shelf.read("wikidata")) == []
    assert shelf.pieces("wikidata") == {}
    assert "is damaged" in caplog.text


def test_what_a_killed_process_left_half_written_is_not_read(shelf):
    shelf.write("wikidata", [MATRIX], NOW, "1999")
    whole = (shelf.folder / "wikidata" / "1999.parquet").read_bytes()
    (shelf.folder / "wikidata" / "2000.part").write_bytes(whole[:100])
    assert list(shelf.pieces("wikidata")) == ["1999"]
    shelf.write("wikidata", [UNKNOWN], NOW, "2000")
    assert rows(shelf.read("wikidata")) == [MATRIX, UNKNOWN]


def test_only_one_updates_at_once(shelf):
    with shelf.held(), pytest.raises(InUseError, match="another process"), shelf.held():
        pass
    with shelf.held():
        pass
