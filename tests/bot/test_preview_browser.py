"""The preview in a real Chromium, as its members see and use it."""

import os
import re
import shutil
import time
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from bot.preview import open_preview
from bot.settings import Settings
from tests.bot.cogs.test_recent import TYPED
from tests.bot.drawn_tmdb import drawn_tmdb
from tests.bot.patience import PATIENCE

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]

TIMEOUT = 1000 * PATIENCE  # milliseconds
AGAIN = 10_000  # after so many a command is picked again
expect.set_options(timeout=TIMEOUT)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),  # the browser's
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.usefixtures("nothing_is_late"),
]


class Person:
    """Someone at the page, with a keyboard and a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.answers = page.locator("article.channel-message")

    async def types(self, command, **options):
        """Writes a command and its options, of which each is what is typed and what is picked, and sends it."""
        await self.has_finished()
        await self._picks(command, *list(options)[:1])
        for option, (typed, picked) in options.items():
            field, unused = self._places(option)
            await expect(field.or_(unused)).to_be_visible()
            if await unused.is_visible():
                await unused.click()
            await field.press_sequentially(typed)
            if picked is not None:
                await self.page.get_by_role("option", name=picked).first.click()
        await self.page.get_by_role("button", name="Send").click()

    def _places(self, option):
        """The field that an option is typed into, and its name among those that may be added."""
        field = self.page.get_by_role("combobox", name=option).or_(self.page.get_by_role("textbox", name=option))
        return field, self.page.get_by_role("option", name=option)

    async def _picks(self, command, *first):
        """Picks a command, again where the page forgot it since the answer to another came in between: then the field or the name
        of its first option, if it has any, isn't there."""
        until = time.monotonic() + PATIENCE
        while True:
            await self.page.get_by_role("textbox", name="Message").fill(f"/{command}")
            await self.page.get_by_role("option", name=f"/{command}").first.click()
            try:
                for option in first:
                    field, unused = self._places(option)
                    await expect(field.or_(unused)).to_be_visible(timeout=AGAIN)
                return
            except AssertionError:
                if time.monotonic() > until:
                    raise

    async def uploads(self, command, name, content):
        """Gives a file to a command whose only option it is."""
        await self.has_finished()
        await self.page.get_by_role("textbox", name="Message").fill(f"/{command}")
        await self.page.get_by_role("option", name=f"/{command}").first.click()
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        await self.page.get_by_label("file attachment").set_input_files(file)
        await self.page.get_by_role("button", name="Send").click()

    async def presses(self, answer, button):
        await self.has_finished()
        await answer.get_by_role("button", name=button).first.click()

    async def becomes(self, name):
        await self.has_finished()
        await self.page.get_by_label("Viewing as").select_option(label=name)

    async def has_finished(self):
        """Waits for the page to be ready for the next action: of what it still does, it says that with dots at the end."""
        await expect(self.page.locator("#action-status")).to_have_text(re.compile(r"[^…]$"))

    def answer(self, text):
        """The newest message with this text."""
        return self.answers.filter(has_text=text).last


@pytest.fixture
def settings(tmp_path, model_folder, serving):
    """Those of a preview that has a model, but no database."""
    shutil.copytree(model_folder, tmp_path / "preview" / "models", copy_function=os.link)
    return Settings(_env_file=None, data_dir=tmp_path, preview_port=0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=TIMEOUT) as browser,
    ):
        yield browser


@asynccontextmanager
async def visited(browser, settings, tmdb=None):
    """The page, in a browser that remembers nothing."""
    async with open_preview(settings, tmdb) as preview, await browser.new_page() as page:
        page.set_default_timeout(TIMEOUT)
        await page.goto(preview.url)
        person = Person(page)
        await expect(person.answer("Welcome to the film club")).to_be_visible()
        await expect(person.answer("still getting to know the films")).to_have_count(0)
        yield person


@pytest_asyncio.fixture(loop_scope="module")
async def you(browser, settings):
    async with visited(browser, settings) as person:
        yield person


async def test_a_mistyped_film_is_found_rated_and_counted(you):
    await you.types("rate", movie=("godfahter", "The Godfather (1972)"), stars=("4.5", "4.5"))

    saved = you.answer("The Godfather (1972)")
    await expect(saved.get_by_role("img", name=re.compile("star"))).to_have_count(5)
    await expect(saved).to_contain_text("13 rated")

    await you.types("recommend")
    films = you.answer("Films for")
    await expect(films).to_contain_text("13 ratings")
    await expect(films).not_to_contain_text("The Godfather (1972)")


async def test_ratings_from_elsewhere_are_shown_taken_and_undone(you):
    content = "\ufeffDate,Name,Year,Letterboxd URI,Rating\r\n2019-05-04,WALL·E,2008,https://boxd.it/1,4.5\r\n"
    await you.uploads("import file", "ratings.csv", content.encode())
    shown = you.answer("Letterboxd: 1 row")
    await expect(shown).to_contain_text("New: 1 rating")

    await you.presses(shown, "Take it")
    taken = you.answer("Taken from Letterboxd")
    await expect(taken).to_contain_text("You have rated 13 films")

    await you.presses(taken, "Undo")
    await expect(you.answer("what was here before that import is here again")).to_be_visible()


async def test_a_film_that_is_not_for_me_is_not_recommended_again(you):
    await you.types("recommend")
    films = you.answer("Films for")
    first = await films.locator("strong", has_text=re.compile(r"\(\d{4}\)$")).first.inner_text()

    await you.presses(films, "Not for me")
    await expect(you.answer("Undo")).to_contain_text(first)

    await you.types("recommend")
    await expect(films).not_to_contain_text(first)


async def test_a_style_is_picked_by_what_it_is_and_its_list_falls_by_match(you):
    await you.types("recommend", style=("adv", "adventurous: more lesser-known films that fit you"))
    films = you.answer("Films for")
    await expect(films).to_contain_text("Best match first · from 12 ratings · adventurous")
    matches = films.locator("strong", has_text=re.compile(r"^\d+% match$"))
    await expect(matches).to_have_count(5)
    shown = [int(text.removesuffix("% match")) for text in await matches.all_inner_texts()]
    assert shown == sorted(shown, reverse=True)


async def test_members_see_their_own_answers_and_what_is_shared(you):
    await you.types("recommend")
    await expect(you.answer("Films for")).to_contain_text("Only you can see this")

    await you.becomes("Mia")
    await expect(you.answer("Welcome")).to_be_visible()
    await expect(you.answer("Films for")).to_have_count(0)
    await you.types("recommend", share=("True", "True"))
    shared = you.answer("Mia used /recommend")
    await expect(shared).to_contain_text("Films for")

    await you.becomes("You")
    await expect(you.answer("You used /recommend")).to_be_visible()
    await you.presses(shared, "Seen it")
    await expect(you.answer("It won't be recommended to you again")).to_contain_text("Only you can see this")

    await you.becomes("Mia")
    await expect(shared).to_be_visible()
    await expect(you.answer("It won't be recommended to you again")).to_have_count(0)


async def test_the_four_members_hold_an_evening(you):
    await you.types("night start", when=("tomorrow 8pm", "20:00 (UTC), tomorrow"))
    card = you.answer("used /night")
    await expect(card).to_contain_text("🎬 is for the host, @You")
    for name in ("Mia", "Tom", "Chloé"):
        await you.becomes(name)
        await you.presses(card, "Join")
        await expect(card).to_contain_text(f"@{name}")

    await you.becomes("You")
    await you.presses(card, "Pick for us")
    await expect(card).to_contain_text("0 of 4 have voted")
    for at, name in enumerate(("You", "Mia", "Tom", "Chloé")):
        await you.becomes(name)
        await expect(card).to_contain_text(f"{at} of 4 have voted")
        await you.presses(card, "Vote")
        ballot = you.answer("Press every film")
        await ballot.get_by_role("button").first.click()
        await expect(ballot.get_by_role("button").first).to_contain_text("✓")
        await you.presses(ballot, "Done")
    await expect(card).to_contain_text("won with 4 of 4")
    film = await card.locator("strong", has_text=re.compile(r"\(\d{4}\)$")).first.inner_text()

    await you.becomes("You")
    await you.presses(card, "We watched it")
    await you.presses(you.answer("Have you watched it already?"), "We have watched it")
    await expect(card).to_contain_text(f"You watched {film}")
    await you.presses(card, "★★★★★")
    await expect(you.answer("Rated")).to_contain_text(film)
    await you.types("night history")
    await expect(you.answer("Watched together")).to_contain_text(re.compile(r"from three ratings up.*4 there"))


async def test_a_film_that_nobody_knows_is_put_in_watched_and_rated(you):
    await you.types("night start")
    card = you.answers.filter(has_text="used /night").first
    await you.types("night suggest", movie=("Our holiday in 8mm", "No film like that here"))
    await expect(card).to_contain_text("Our holiday in 8mm")
    await you.presses(card, "Pick for us")
    await you.presses(card, "Vote")
    ballot = you.answer("Press every film")
    await you.presses(ballot, "Our holiday in 8mm")
    await expect(ballot.get_by_role("button", name="Our holiday in 8mm")).to_contain_text("✓")
    await you.presses(ballot, "Done")
    await you.presses(card, "We watched it")
    await expect(card).to_contain_text("You watched Our holiday in 8mm")
    await you.presses(card, "★★★★")
    await expect(you.answer("counts as soon as I know the film")).to_contain_text("Our holiday in 8mm")
    await you.types("night status")
    await expect(you.answer("Go to the card")).to_contain_text("Only you can see this")


async def test_somebody_new_types_films_of_today_and_gets_others_of_today(you):
    await you.types("data delete")
    await you.presses(you.answer("Delete everything"), "Delete everything")
    await expect(you.answer("Nothing is stored under your id any more")).to_be_visible()
    for typed, (label, stars) in TYPED.items():
        await you.types("rate", movie=(typed, label), stars=(f"{stars:g}", re.compile(rf" {stars:g}$")))
        await expect(you.answer(label)).to_contain_text("rated")
    await you.types("recommend", from_year=("2017", None))
    films = you.answer("Films for")
    await expect(films).to_contain_text("since 2017")
    years = re.findall(r"\((\d{4})\)", " ".join(await films.locator("strong").all_inner_texts()))
    assert len(years) == 5
    assert min(map(int, years)) >= 2017


async def test_somebody_new_answers_questions_until_there_is_a_list_and_goes_on(you):
    await you.types("data delete")
    await you.presses(you.answer("Delete everything"), "Delete everything")
    await expect(you.answer("Nothing is stored under your id any more")).to_be_visible()
    await you.types("start")
    question = you.answer("Not seen")
    first = await film_asked_about(question)
    for label, told in (
        ("4½", f"{first}"),
        ("Not seen", "Not seen: "),
        ("3", "3 of 5 answers for your first list"),
        ("Seen, no stars", "Seen, without"),
    ):
        await you.presses(question, re.compile(f"^{label}$"))
        await expect(question).to_contain_text(told)
    await you.presses(question, "Undo")
    await expect(question).to_contain_text("Taken back")
    await you.presses(question, re.compile("^1½$"))
    await expect(question).to_contain_text("4 of 5 answers for your first list")
    await you.presses(question, re.compile("^2$"))
    await expect(you.answer("Films for you")).to_contain_text("from 4 ratings")
    await expect(you.answer("Your first list is above")).to_contain_text("4 rated · 1 not seen")
    await you.presses(you.answer("Your first list is above"), "Stop")
    stopped = you.answer("All is saved")
    await expect(stopped).to_contain_text("4 rated · 1 not seen")
    await you.presses(stopped, "Go on")
    await expect(you.answer("How many stars?")).not_to_contain_text(first)


async def film_asked_about(question):
    return await question.get_by_role("heading").first.inner_text()


async def test_a_film_that_is_missing_is_added_in_the_form_rated_and_found_again(you):
    await you.types("rate", movie=("Our Town at Night", "No film like that here"), stars=("4.5", "4.5"))
    await you.presses(you.answer("I don't know “Our Town at Night”"), "Add it")
    form = you.page.get_by_role("dialog", name="What film is it?")
    await expect(form.get_by_role("textbox", name="Title")).to_have_value("Our Town at Night")
    await form.get_by_role("textbox", name="Year").fill("2026")
    await form.get_by_role("button", name="Submit").click()
    await expect(you.answer("is a film here now")).to_contain_text("13 rated")
    await you.types("film", movie=("our town at n", "Our Town at Night (2026)"))
    await expect(you.answer("For an average viewer")).to_contain_text("You gave it")


async def test_with_tmdb_a_film_and_an_evening_have_their_posters(browser, settings):
    async with drawn_tmdb() as tmdb, visited(browser, settings, tmdb) as you:
        await you.types("film", movie=("matrix", "The Matrix (1999)"))
        film = you.answer("For an average viewer")
        await expect(film.get_by_role("link", name="Trailer")).to_be_visible()
        await shows_pictures(film, 1)
        await you.types("night start")
        evening = you.answer("used /night")
        await you.presses(evening, "Pick for us")
        await expect(evening).to_contain_text("0 of 1 have voted")
        await shows_pictures(evening, 5)


async def shows_pictures(answer, number):
    """Waits until a message has so many posters: wider than faces and emojis."""
    await answer.page.wait_for_function(
        "([message, number]) => [...message.querySelectorAll('img')].filter(image => image.naturalWidth > 200).length === number",
        arg=[await answer.element_handle(), number],
    )
