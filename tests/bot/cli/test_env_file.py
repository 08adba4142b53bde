"""What setup writes into `.env` is read back as it was meant, and nothing else in it changes."""

import stat
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st

from bot import Settings
from bot.cli.env_file import broken_lines, changed, save

# A value that is typed is one line.
values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40).map(str.strip)
names = st.sampled_from(["DISCORD_TOKEN", "MARQUEE_FILMS", "MARQUEE_CONTACT", "TMDB_TOKEN"])
files = st.lists(
    st.sampled_from(
        [
            "# a remark",
            "",
            "OTHER=1",
            "export MARQUEE_FILMS=off  # no more",
            "marquee_contact='a b'",
            "TMDB_TOKEN",
            "A='\n'",
        ]
    ),
    max_size=8,
).map("\n".join)


def read(text):
    return {name.upper(): value for name, value in dotenv_values(stream=StringIO(text)).items()}


@given(files, st.dictionaries(names, values))
@example("", {"MARQUEE_CONTACT": "${HOME} $HOME '\\' \"#\" ${x:-y} é"})
@example("MARQUEE_CONTACT=${HOME}", {"MARQUEE_CONTACT": "${HOME}"})
def test_any_value_is_read_back_as_it_was_meant_and_the_others_as_before(text, meant):
    after = read(changed(text, meant))
    assert {name: after.get(name) or "" for name in meant} == meant
    before = read(text)
    assert {name: after.get(name) for name in before if name not in meant} == {
        name: value for name, value in before.items() if name not in meant
    }


@given(files, st.dictionaries(names, values))
def test_what_is_written_twice_is_the_same_file(text, meant):
    once = changed(text, meant)
    assert changed(once, meant) == once


def test_remarks_and_other_settings_stay_where_they_are():
    text = "# Mine.\nOTHER='x y'  # kept\n\nexport MARQUEE_FILMS=imdb\nMARQUEE_DEVICE=cpu"
    assert changed(text, {"MARQUEE_FILMS": "off", "MARQUEE_CONTACT": "me@example.org"}) == (
        "# Mine.\nOTHER='x y'  # kept\n\nexport MARQUEE_FILMS=off\nMARQUEE_DEVICE=cpu\nMARQUEE_CONTACT=me@example.org\n"
    )


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_the_bot_reads_what_setup_wrote(tmp_path_factory, address):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.getbasetemp())
        patch.delenv("MARQUEE_CONTACT", raising=False)
        save({"MARQUEE_CONTACT": address})
        assert Settings().contact == address


def test_a_file_that_others_could_read_is_private_afterwards_and_a_link_stays_a_link(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "kept"
    kept.write_text("OTHER=1\n")
    kept.chmod(0o644)
    Path(".env").symlink_to(kept)
    save({"DISCORD_TOKEN": "a.b.c"})
    assert Path(".env").is_symlink()
    assert kept.read_text() == "OTHER=1\nDISCORD_TOKEN=a.b.c\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_lines_that_are_passed_over_are_known_by_their_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert broken_lines() == []
    Path(".env").write_text("A=1\nB='open\n# a remark\n=?\n", encoding="utf-8-sig")
    assert broken_lines() == [2, 4]


def test_where_it_cannot_be_written_the_old_file_stays_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("OTHER=1\n")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save({"DISCORD_TOKEN": "a.b.c"})
    assert Path(".env").read_text() == "OTHER=1\n"
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
