"""What a retrain's process says of its end."""

from bot.store import StoreError
from bot.training.process import failure


def test_a_database_that_cannot_be_read_ends_it_in_a_sentence_without_a_traceback(caplog):
    told = failure(StoreError("the server can't be reached"))
    assert told.sentence == "The retrain failed: the server can't be reached"
    [record] = caplog.records
    assert record.exc_info is None


def test_what_nobody_foresaw_has_its_traceback(caplog):
    error = ValueError("rating 7 is off the scale")
    assert failure(error).sentence == "The retrain failed: ValueError: rating 7 is off the scale"
    [record] = caplog.records
    assert record.exc_info[1] is error
