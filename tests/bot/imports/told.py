"""What a reading says, in short."""

from datetime import UTC, datetime


def rated(reading):
    """Title -> stars."""
    return {row.written: row.stars for row in reading.rows if row.kind == "rated"}


def marked(reading, kind):
    """Title -> the day, of what was seen or is wanted."""
    return {row.written: day(row) for row in reading.rows if row.kind == kind}


def skipped(reading):
    """Title -> why it isn't taken."""
    return {each.written: each.reason for each in reading.skipped}


def day(row):
    return row.at and f"{datetime.fromtimestamp(row.at, UTC):%Y-%m-%d}"


def one(reading, title):
    """The one row with this title."""
    [row] = [row for row in reading.rows if row.written == title]
    return row
