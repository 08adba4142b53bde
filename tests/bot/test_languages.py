"""Languages by the names that people have for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import languages

CODES = ["en", "fr", "ko", "zh", "nb", "xx"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Korean", "ko"),
        ("ko", "ko"),
        ("한국어", "ko"),
        ("Français", "fr"),
        ("francais", "fr"),
        (" FRENCH ", "fr"),
        ("frnch", "fr"),
        ("中文", "zh"),
        ("chin", "zh"),
        ("Norwegian", "nb"),
        ("xx", "xx"),
        ("Klingon", None),
        ("de", None),
        ("German", None),
        ("f", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_its_english_name_its_own_and_its_code(typed, code):
    assert languages.meant(CODES, typed) == code


def test_what_is_typed_finds_languages_in_the_order_given_those_that_begin_so_first():
    assert languages.fitting(CODES, "") == CODES
    assert languages.fitting(CODES, "한국") == ["ko"]
    assert languages.fitting(CODES, "en") == ["en", "fr"]
    assert [languages.name(code) for code in CODES] == [
        "English",
        "French",
        "Korean",
        "Chinese",
        "Norwegian Bokmål",
        "xx",
    ]


@given(st.text(max_size=10))
def test_no_text_is_an_error(typed):
    assert languages.meant(CODES, typed) in [*CODES, None]
    assert set(languages.fitting(CODES, typed)) <= set(CODES)
