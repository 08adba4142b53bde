"""What is lost by kills is counted from what members were told and what is there."""

from collections import Counter

from benchmarks.cluster_kills import Write, judged


def write(member: int, acknowledged: bool | None, was_killed: bool = False) -> Write:
    return Write("lists", member, acknowledged, None if acknowledged is None else 0.5, was_killed)


def test_what_was_acknowledged_and_is_gone_is_lost_and_what_was_refused_and_is_there_is_told() -> None:
    writes = [write(1, True), write(2, True), write(3, False), write(4, False), write(5, None, True), write(6, None)]
    there = Counter({("lists", 1): 1, ("lists", 3): 1, ("lists", 5): 2, ("ratings", 2): 1})
    told = dict(judged(writes, there, [2.0, 4.0, 9.0]))
    assert told["acknowledged writes"] == "2"
    assert told["of them lost"] == "1"
    assert told["there twice"] == "1"
    assert told["refused"] == "2"
    assert told["of them there"] == "1"
    assert told["not answered, by a process that was killed"] == "1"
    assert told["not answered, by another"] == "1"
    assert told["away until its model served again, s (median, longest)"] == "4.0, 9.0"
    assert told["answers of the others meanwhile, p99, ms"] == "500"
