"""Films that members add, as they add them."""

from tests.bot.simulated import offered

UNKNOWN = "Zzyzx Qwertz"


async def test_a_film_that_nobody_knows_is_added_and_rated(club, alice, bob):
    refused = await alice.says("rate", movie=UNKNOWN, stars=4.5)
    assert "I don't know" in refused.text
    form = await alice.opens(refused, "Add it")
    assert offered(form)["title"] == UNKNOWN
    added = await alice.fills(form, year="2026", genres=["Drama"])
    assert added.private
    assert "is a film here now" in added.text
    assert "★★★★½" in added.text
    assert (await bob.types("rate", "movie", "zzyzx")) == [f"{UNKNOWN} (2026)"]
    print(added.text, (await bob.says("similar", movie=UNKNOWN)).text)
