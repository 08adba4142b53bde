"""Text as it is seen and compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.text import beginning, folded, singular, spaced_words, unaccented, visible

FORMS = ("NFC", "NFD", "NFKC", "NFKD")
HIDDEN = "\u200b\u200d\u2060\ufeff\u00ad\u202e\u3164\ufe0f\x00"
FAMILY, FLAG, HEART = "👨\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f\u200d🔥"


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Schindler's List", "schindlers list"),
        ("AMÉLIE", "amelie"),
        ("Œdipus & Ødland", "oedipus  and  odland"),
        ("8½", "8 1/2"),
        ("Straße", "strasse"),
        ("Ma\u200btrix ＆ Ｃｏ", "matrix  and  co"),
        ("8\u200b1⁄2", "8 1/2"),  # 8½ in NFKC
        ("Schindler´s", "schindlers"),
    ],
)
def test_folded_text_has_one_case_and_no_accents(written: str, compared: str) -> None:
    assert folded(written) == compared


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Schindler's List", " schindlers list "),
        ("Fabuleux destin d'Amélie, Le", " fabuleux destin d amelie le "),
        ("M*A*S*H (a.k.a. MASH)", " m a s h a k a mash "),
        ("...", "  "),
        ("d’\u200bAmélie", " d amelie "),
        ("Schindler’\u200bs", " schindlers "),
    ],
)
def test_words_have_a_space_around_each(written: str, compared: str) -> None:
    assert spaced_words(written) == compared


def test_a_plural_loses_its_s_and_a_lone_s_stays() -> None:
    assert [singular(word) for word in ("aliens", "alien", "s")] == ["alien", "alien", "s"]


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("São_Tomé - 1", "sao_tome - 1"),
        ("ÉTÉ", "ete"),
        ("Straße™", "strassetm"),
        ("Ødland", "odland"),
        (" a \u3000\n b ", "a b"),
        ("\u200b \u3164\u2800\u202e", ""),
        (FAMILY, "👨👩👧"),
        ("", ""),
    ],
)
def test_unaccented_text_keeps_all_but_case_and_accents(written: str, compared: str) -> None:
    assert unaccented(written) == compared


@pytest.mark.parametrize(
    "text", ["千と千尋の神隠し", "パパ", "матрица", "기생충", "हिन्दी", "เสื่อ", "سیارة", "ニュー・シネマ・パラダイス"]
)
def test_what_makes_another_letter_is_no_accent(text: str) -> None:
    assert unaccented(text) == folded(text) == visible(text) == text


def test_what_people_leave_out_when_they_write_is_an_accent() -> None:
    assert unaccented("Тёмный") == unaccented("темный")
    assert unaccented("مُحَمَّد") == unaccented("محمد")
    assert unaccented("שָׁלוֹם") == unaccented("שלום")


@given(st.text(max_size=12), st.sampled_from(FORMS), st.text(HIDDEN, max_size=2), st.integers(0, 12))
def test_text_compares_equal_however_it_is_spelled_and_whatever_is_hidden_in_it(
    text: str, form: str, hidden: str, at: int
) -> None:
    spelled = unicodedata.normalize(form, text)  # type: ignore[arg-type]
    assert unaccented(spelled) == unaccented(text)
    assert unaccented(text[:at] + hidden + text[at:]) == unaccented(text)
    assert unaccented(unaccented(text)) == unaccented(text)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("The  Matrix\n", "The Matrix"),
        ("Ma\u200btrix\ufeff", "Matrix"),
        ("Ma\u200d\ufe0ftrix", "Matrix"),
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("Alien³ ½", "Alien³ ½"),
        ("\u200b \u3164\u2800\u202e", ""),
        ("\u200b\u200d", ""),
        (f"{FAMILY} {FLAG} {HEART}", f"{FAMILY} {FLAG} {HEART}"),
    ],
)
def test_visible_text_is_what_people_see(written: str, seen: str) -> None:
    assert visible(written) == seen


@given(st.text(max_size=12))
def test_visible_text_has_nothing_more_to_lose(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert bool(visible(text)) or not unaccented(text)


@pytest.mark.parametrize("whole", [FAMILY, FLAG, HEART, "q\u0303\u0323", "👍🏽", "हि", "1"], ids=ascii)
def test_a_character_of_several_parts_is_in_the_beginning_or_not(whole: str) -> None:
    text = f"ab{whole}c"
    begun = {beginning(text, length) for length in range(2, len(text) + 1)}
    assert begun == {"ab", f"ab{whole}", text}


def test_a_text_begins_with_something_even_if_it_is_one_long_character() -> None:
    assert beginning("a" + 200 * "\u0301", 80) == "a" + 79 * "\u0301"


def test_a_beginning_ends_in_no_space() -> None:
    assert beginning("The Matrix", 4) == "The"
