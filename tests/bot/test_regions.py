"""Countries, as people call them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import regions
from bot.refusal import Refusal


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Germany", "DE"),
        ("germany", "DE"),
        ("de", "DE"),
        ("UK", "GB"),
        ("USA", "US"),
        ("south korea", "KR"),
        ("Cote d'Ivoire", "CI"),
        ("Turkiye", "TR"),
        ("viet", "VN"),
        ("Niger", "NE"),
    ],
)
def test_a_country_is_known_by_its_name_its_code_and_what_begins_no_other(name, code):
    assert regions.region(name) == code


@pytest.mark.parametrize(
    ("name", "hint"), [("united", "`United States`"), ("Europe", "English name"), ("!", "English name")]
)
def test_what_is_no_country_or_could_be_several_is_asked_about(name, hint):
    with pytest.raises(Refusal, match="don't know that country") as refused:
        regions.region(name)
    assert hint in str(refused.value)


def test_while_a_country_is_typed_its_code_comes_first_then_names_that_begin_so():
    assert [regions.shown(code) for code in regions.region_choices("de")] == ["Germany", "Denmark"]
    assert regions.region_choices("new z") == ["NZ"]
    assert "KR" in regions.region_choices("korea")
    assert len(regions.region_choices("")) == 25


@given(st.text(max_size=12))
def test_whatever_is_typed_every_country_offered_is_one(text):
    for code in regions.region_choices(text):
        assert regions.region(code) == regions.region(regions.shown(code)) == code
