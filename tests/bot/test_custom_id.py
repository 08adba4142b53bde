import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.custom_id import FIELDS, CustomId

NUMBERS = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=80)
VALUES = {
    "replace": st.booleans(),
    "action": st.text("abcdefghijklmnopqrstuvwxyz", min_size=1),
    "switch": st.text("abcdefghijklmnopqrstuvwxyz", min_size=1),
    "on": st.booleans(),
    "command": st.sampled_from(["rate", "exclude movie"]),
    "options": st.dictionaries(st.sampled_from(["stars", "count", "share"]), st.floats(0, 5) | st.booleans() | TEXTS),
    "page": st.none() | NUMBERS,
    "title": TEXTS,
    "stars": st.none() | st.integers(1, 10).map(lambda halves: halves / 2),
}


@given(st.data(), st.lists(st.sampled_from(sorted(set(FIELDS) - {"options", "title"})), unique=True, min_size=1))
def test_whatever_is_written_into_an_id_is_read_out_of_it(data, names):
    names.append(data.draw(st.sampled_from(["options", "title", "movie"]), "which comes last"))
    names = list(dict.fromkeys(names))
    layout = CustomId("kind:" + ":".join(f"{{{name}}}" for name in names))
    values = {name: data.draw(VALUES.get(name, NUMBERS), name) for name in names}
    assert layout.read(layout.of(**values)) == values


@given(st.integers(2**63 - 1, 10**80))
def test_a_number_that_is_no_id_is_read_as_the_largest_id(number):
    assert CustomId("seen:{movie}").read(f"seen:{number}") == {"movie": 2**63 - 1}
    assert CustomId("page:{list_id}:{page}").read(f"page:1:{number}") == {"list_id": 1, "page": 2**63 - 1}


@given(TEXTS)
def test_options_that_are_no_json_are_read_as_none(text):
    read = CustomId("say:{options}").read("say:{" + text + "}")
    assert read is None or isinstance(read["options"], dict)


@pytest.mark.parametrize("other", ["seen:", "seen:x", "seen:1:2", "unseen:1", "seen:-1", "", "seen:1\n"])
def test_an_id_of_another_layout_is_none_of_this(other):
    assert CustomId("seen:{movie}").read(other) is None


@pytest.mark.parametrize(
    ("layout", "values", "sent"),
    [
        (
            "say:{owner}:{command}:{movie}:{replace}:{options}",
            {"owner": 7, "command": "rate", "movie": 2571, "replace": True, "options": {"stars": 4.5}},
            'say:7:rate:2571:1:{"stars":4.5}',
        ),
        ("page:{list_id}:{page}", {"list_id": 3, "page": None}, "page:3:here"),
        ("putin:{night}:{movie}:{title}", {"night": 1, "movie": 0, "title": "M: a {film}"}, "putin:1:0:M: a {film}"),
    ],
)
def test_buttons_that_were_sent_long_ago_are_still_read(layout, values, sent):
    assert CustomId(layout).of(**values) == sent
    assert CustomId(layout).read(sent) == values
