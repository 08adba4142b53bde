import pytest

from bot.shards import Connections, Shards, shard_of


@pytest.mark.parametrize(
    ("text", "shards"),
    [
        ("64", Shards(0, 63, 64)),
        ("0-31/64", Shards(0, 31, 64)),
        (" 32 - 63 / 64 ", Shards(32, 63, 64)),
        ("3/4", Shards(3, 3, 4)),
    ],
)
def test_shards_are_written_as_how_many_or_as_which_of_them(text, shards):
    assert Shards.parsed(text) == shards == Shards.parsed(str(shards))


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "4/4", "2-1/4", "0-4/4", "1,2/4", "64/", "99999", "1/2/3", "½", "64 shards"]
)
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError, match=r"write how many|there are no such shards"):
        Shards.parsed(text)


def test_parts_are_all_of_them_in_order():
    assert Shards(2, 6, 8).parts(2) == [Shards(2, 3, 8), Shards(4, 5, 8), Shards(6, 6, 8)]


def test_a_servers_shard_is_discords_formula():
    assert shard_of(197038439483310086, 8) == (197038439483310086 >> 22) % 8


def test_discord_is_away_once_it_is_on_all_shards_and_from_the_last_one_on():
    connections = Connections(now=100)
    assert connections.away_since == 100
    connections.found(0)
    connections.found(1)
    connections.lose(1, now=200)
    connections.lose(1, now=300)  # a try that failed
    assert (connections.away_since, connections.lost_since(201), connections.lost_since(200)) == (None, [1], [])
    connections.lose(0, now=400)
    assert connections.away_since == 400
    connections.found(1)
    assert (connections.away_since, connections.lost) == (None, {0: 400})


def test_a_shard_that_never_comes_is_lost_since_it_was_looked_for():
    connections = Connections(now=100)
    connections.expect([0, 1], now=110)
    assert connections.away_since == 110
    connections.found(0)
    assert (connections.away_since, connections.lost_since(111)) == (None, [1])


def test_while_discord_lets_it_connect_no_more_it_is_not_away():
    connections = Connections(now=100)
    connections.waits_until = 7300
    assert connections.away_since is None
    connections.expect([0, 1], now=7300)
    assert (connections.away_since, connections.waits_until) == (7300, None)
