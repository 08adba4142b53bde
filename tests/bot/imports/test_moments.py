"""Dates as columns write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.imports.moments import moments

NOON = 1704110400  # of the first of January 2024, in UTC


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2024-01-01", NOON),
        ("2024/1/1", NOON),
        ("1 Jan 2024", NOON),
        ("January 1, 2024", NOON),
        ("1. january 2024", NOON),
        ("2024-01-01T12:00:00Z", NOON),
        ("2024-01-01T12:00:00.123Z", NOON),
        ("2024-01-01 12:00", NOON),
        ("2024-01-01 12:00:00 UTC", NOON),
        ("2024-01-01T13:00:00+01:00", NOON),
        ("2024-01-01T06:30:00-0530", NOON),
        ("2024-01-01 12:00 PM", NOON),
        ("2023-12-31 12:30 AM", 1703982600),
        ("Jan 01 2024, 12:00", NOON),
        ("01.01.2024", NOON),
        ("Mon, 01 Jan 2024 12:00:00 GMT", NOON),
        ("01-Jan-2024", NOON),
        ("20240101", NOON),
        ("2024-01-01T13:00:00+01", NOON),
        ("1704110400", NOON),
        ("1704110400.0", NOON),
        ("1704110400000", NOON),
    ],
)
def test_one_date_in_many_spellings(cell, at):
    assert moments([cell]) == [at]


@pytest.mark.parametrize(
    "cell",
    [
        *("", "yesterday", "2024", "2024-13-01", "2024-02-30", "24-01-01", "0000-00-00", "9999-12-31", "1969-12-30"),
        *(
            "2024-01-01 25:00",
            "2024-01-01 12:60",
            "2024-01-01T12:00:00+99:00",
            "9999999999",
            "1" * 5000,
            "２０２４-01-01",
        ),
        *("2024-01/01", "0001-01-01T00:00:00+14:00", "2100-01-01"),
    ],
)
def test_what_is_no_date_that_an_import_could_have_is_none(cell):
    assert moments([cell, "2024-01-01"]) == [None, NOON]


def test_a_column_with_a_day_after_the_twelfth_tells_which_number_is_the_month():
    assert moments(["31/12/2024", "1/2/2024"]) == moments(["2024-12-31", "2024-02-01"])
    assert moments(["12/31/2024", "1/2/2024"]) == moments(["2024-12-31", "2024-01-02"])
    assert moments(["31-12-2024 20:00", "1/2/2024", "2024-05-06"]) == moments(
        ["2024-12-31 20:00", "2024-02-01", "2024-05-06"]
    )


def test_with_points_the_day_comes_first_whatever_the_column_says():
    assert moments(["3.4.2024", "12/31/2024"]) == moments(["2024-04-03", "2024-12-31"])


def test_a_column_that_does_not_tell_has_no_dates():
    assert moments(["1/2/2024", "12/12/2024", "2024-01-01"]) == [None, None, NOON]
    assert moments(["31/12/2024", "12/31/2024", "2024-01-01"]) == [None, None, NOON]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))
def test_what_is_written_as_iso_is_read_to_the_second(moment):
    assert moments([moment.isoformat()]) == [int(moment.replace(microsecond=0).timestamp())]


NEARLY = st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}( \d\d:\d\d)?", fullmatch=True)


@given(st.lists(st.text(max_size=50) | NEARLY, max_size=8))
def test_any_column_has_as_many_moments_as_cells(cells):
    found = moments(cells)
    assert len(found) == len(cells)
    assert all(at is None or 0 <= at < 4102444800 for at in found)
