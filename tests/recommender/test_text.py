"""Text as it is compared."""

import pytest

from recommender.text import folded, letters, singular, spaced_words, unaccented


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Schindler's List", "schindlers list"),
        ("AMÉLIE", "amelie"),
        ("Œdipus & Ødland", "oedipus  and  odland"),
        ("8½", "8 1/2"),
        ("Straße", "strasse"),
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
    ],
)
def test_words_have_a_space_around_each(written: str, compared: str) -> None:
    assert spaced_words(written) == compared


def test_a_plural_loses_its_s_and_a_lone_s_stays() -> None:
    assert [singular(word) for word in ("aliens", "alien", "s")] == ["alien", "alien", "s"]


@pytest.mark.parametrize(
    ("written", "compared"), [("São_Tomé - 1", "sao_tome - 1"), ("ÉTÉ", "ete"), ("Straße™", "strassetm"), ("", "")]
)
def test_unaccented_text_keeps_all_but_case_and_accents(written: str, compared: str) -> None:
    assert unaccented(written) == compared


@pytest.mark.parametrize(
    ("written", "compared"),
    [("Sci-Fi", "scifi"), ("Children's", "childrens"), ("Film noir", "filmnoir"), ("Comédie", "comedie"), ("💥 &", "")],
)
def test_letters_are_what_is_left_without_spaces_and_signs(written: str, compared: str) -> None:
    assert letters(written) == compared
