"""What a file would change, as it is kept until somebody takes it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot import import_words as words
from bot.imports.plan import KEPT, LEFT_OUT, Own, Plan
from bot.imports.rows import ANOTHER, KINDS, REASONS, Row, Skipped

# As it was written before rows told their files.
BEFORE = """{"source": "IMDb", "rows": [[2, "Heat", 1995, "rated", 4.5, 1704196800, 113277, null, null, [6]]],
    "skipped": [[3, "Pilot", "not a film"]]}"""


def plan(*files: str) -> Plan:
    rows = [Row(2, f"Film {file}", 1999, "rated", 4.5, file=file) for file in files]
    return Plan("Letterboxd", rows, [(1, 2)] * len(rows), [Skipped(3, "Pilot", "not a film", file) for file in files])


def test_a_plan_that_waits_is_the_same_when_it_is_read():
    assert Plan.from_json(plan("ratings.csv").to_json(), {}) == plan("ratings.csv")


def test_a_plan_from_before_is_read_still():
    read = Plan.from_json(BEFORE, {})
    assert read.rows == [Row(2, "Heat", 1995, "rated", 4.5, 1704196800, 113277)]
    assert read.skipped == [Skipped(3, "Pilot", "not a film")]


def test_what_is_left_tells_its_file_where_there_were_several():
    assert [(row["file"], row["line"]) for row in plan("watched.csv", "diary.csv").left()] == [
        *(("diary.csv", 2), ("diary.csv", 3)),
        *(("watched.csv", 2), ("watched.csv", 3)),
    ]
    assert [list(row) for row in plan("").left()] == [["line", "title", "reason"]] * 2


def test_a_plan_that_waited_knows_its_films_and_picks_by_their_ids_of_today():
    read = Plan.from_json(plan("a.csv", "b.csv").to_json(), {0: 2}, {1: 7, 2: 8})
    assert (read.films, read.picks) == ([(7, 8)] * 2, {0: 8})
    assert Plan.from_json(plan("").to_json(), {}, {2: 1}).films == [(1,)], "two ids of one film"


some_row = st.builds(
    lambda line, title, kind, at: Row(line, title, None, kind, 4.5 if kind == "rated" else None, at),
    st.integers(1, 9),
    st.sampled_from(["", "Heat", "Fargo"]),
    st.sampled_from(KINDS),
    st.none() | st.integers(0, 3),
)
may_be = st.lists(st.integers(1, 4), max_size=3, unique=True).map(tuple) | st.just((ANOTHER,))
picked = st.none() | st.sampled_from([KEPT, LEFT_OUT, 1, 2, 3])
useless = st.lists(st.builds(Skipped, st.integers(1, 9), st.just("x"), st.sampled_from(list(REASONS))), max_size=4)
few = st.frozensets(st.integers(1, 4))


@given(st.lists(st.tuples(some_row, may_be, picked), max_size=12), useless, few, few, few)
def test_the_lines_of_the_summary_add_up_to_the_rows_of_the_heading(told, skipped, stars, seen, wanted):
    picks = {place: pick for place, (*_, pick) in enumerate(told) if pick is not None}
    read = Plan("IMDb", [row for row, *_ in told], [films for _, films, _ in told], skipped, picks)
    own = Own(dict.fromkeys(stars, 4.5), seen, wanted, {("heat", None): 4.0}, {("fargo", None)})
    heading, *lines, _ = words.waiting(read, read.summary(own), theirs=False).split("\n")
    numbers = [int(number) for line in lines for number in re.findall(r"\d+", line)]
    assert sum(numbers) == int(re.search(r"\d+", heading)[0]) == len(told) + len(skipped)
