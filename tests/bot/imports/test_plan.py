"""What a file would change, as it is kept until somebody takes it."""

from bot.imports.plan import Plan
from bot.imports.rows import Row, Skipped

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
