"""Services by the names that people have for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import services
from bot.films.look import Offers
from bot.refusal import Refusal


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("netflix", "Netflix"),
        ("Netflix", "Netflix Standard with Ads"),
        ("Disney+", "Disney Plus"),
        ("disney plus", "Disney+"),
        ("Prime", "Amazon Prime Video"),
        ("MUBI", "MUBI Amazon Channel"),
        ("max", "HBO Max"),
    ],
)
def test_a_service_is_known_by_what_people_call_it(service, name):
    assert services.is_on(Offers(None, flatrate=(name,)), [service])


@pytest.mark.parametrize(
    ("service", "name"),
    [("Amazon Prime", "MUBI Amazon Channel"), ("Apple TV", "Starz Apple TV Channel"), ("Max", "Cinemax")],
)
def test_another_service_is_not_taken_for_it(service, name):
    assert not services.is_on(Offers(None, flatrate=(name,)), [service])


def test_only_what_costs_nothing_besides_is_on_a_service():
    offers = Offers(None, (), ("Arte",), ("Pluto TV",), ("Apple TV",), ("Apple TV",))
    assert [services.is_on(offers, [name]) for name in ("Arte", "Pluto TV", "Apple TV")] == [True, True, False]
    assert not services.is_on(None, ["Arte"])


def test_services_are_read_with_commas_between_and_each_once():
    assert services.read(" Netflix, disney+ ,,Disney Plus; Arte") == ("Netflix", "Disney Plus", "Arte")
    assert services.read("any") == services.read(" Any ") == ()


@pytest.mark.parametrize("text", [",", "?!", ", ".join(f"Service {number}" for number in range(11)), "x" * 51])
def test_what_can_be_no_services_is_refused(text):
    with pytest.raises(Refusal, match="commas between"):
        services.read(text)


def test_the_last_of_several_names_is_completed():
    known = ["Netflix", "Disney Plus", "Amazon Prime Video"]
    assert services.choices("", known) == known
    assert services.choices("netflix, dis", known) == ["netflix, Disney Plus"]
    assert services.choices("Disney+, ", known) == ["Disney+, Netflix", "Disney+, Amazon Prime Video"]


@given(st.text(max_size=100), st.lists(st.text(min_size=1, max_size=100), max_size=30))
def test_choices_are_few_and_short_whatever_is_typed(text, known):
    offered = services.choices(text, known)
    assert len(offered) <= 25
    assert all(0 < len(value) <= 100 for value in offered)


@given(st.text(max_size=200))
def test_whatever_is_read_is_a_few_names_or_a_refusal(text):
    try:
        read = services.read(text)
    except Refusal:
        return
    assert len(read) <= 10
    assert services.read(", ".join(read) or "any") == read
