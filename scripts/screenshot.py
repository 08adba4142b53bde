"""Take the README's pictures of the preview, with Debian's chromium and posters that are drawn here:

python -m scripts.screenshot [--out docs] [--plain] [--phone]
"""

import argparse
import asyncio
import contextlib
import re
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright, expect

from bot import Settings
from bot.preview import open_preview
from tests.bot.drawn_tmdb import drawn_tmdb

DESKTOP, PHONE = (1000, 1160), (390, 1500)  # pixels; high enough for the evening
HIGH = 2000  # for a taste
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
PATIENCE = 120_000  # ms for each step; the machine may be busy
LOADED = "element => [...element.querySelectorAll('img')].every(image => image.complete && image.naturalWidth)"


async def take(out: Path, *, plain: bool, phone: bool) -> None:
    """Pictures of a list, a film, a taste and an evening; `plain`: without posters; `phone`: as narrow as one."""
    width, height = PHONE if phone else DESKTOP
    expect.set_options(timeout=PATIENCE)
    posters = contextlib.nullcontext() if plain else drawn_tmdb()
    with tempfile.TemporaryDirectory() as data:
        settings = Settings(_env_file=None, data_dir=Path(data), preview_port=0)
        async with posters as tmdb, open_preview(settings, tmdb) as preview, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = await browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1.5)
            page.set_default_timeout(PATIENCE)
            await page.goto(preview.url)
            messages = page.locator("article.channel-message")
            await expect(messages.filter(has_text="Welcome")).to_be_visible()
            if not phone:
                await page.get_by_role("button", name="Messages").click()  # hides the list of messages
            print("Learning the films; half a minute.", flush=True)
            await expect(messages.filter(has_text="still getting to know")).to_have_count(0, timeout=300_000)
            await send(page, "rate", movie=("starship trooprs", "Starship Troopers"), stars=("4.5", "4.5"))
            await send(page, "recommend", genre=("com", "Comedy"), count=("3", None), share=("True", "True"))
            films = messages.filter(has_text="Films for")
            # The page disables its buttons while it puts itself in order.
            await expect(films.get_by_role("button", name="Seen it").first).to_be_enabled()
            await settled(page, films.last)
            await page.screenshot(path=out / "preview.png")
            await send(page, "film", movie=("oppenhimer", "Oppenheimer (2023)"))
            await shoot(page, messages.filter(has_text="For an average viewer").last, out / "film.png")
            await take_night(page, out / "night.png")
            await page.set_viewport_size({"width": width, "height": HIGH})
            await send(page, "taste")
            await shoot(page, messages.filter(has_text="These ratings say most").last, out / "taste.png")
            await browser.close()


async def take_night(page: Page, out: Path) -> None:
    """An evening that is being voted on."""
    await send(page, "night start", title=("Friday film night", None), when=("in 2 hours", None))
    evening = page.locator("article.channel-message").filter(has_text="Friday film night").last
    await expect(evening).to_be_visible()
    for name in ("Mia", "Tom", "Chloé"):
        await page.get_by_label("Viewing as").select_option(label=name)
        await evening.get_by_role("button", name="Join").click()
        await expect(evening).to_contain_text(name)
    await page.get_by_label("Viewing as").select_option(label="You")
    await evening.get_by_role("button", name="Pick for us").click()
    await expect(evening).to_contain_text("have voted")
    await shoot(page, evening, out)


async def settled(page: Page, message: Locator) -> None:
    """Wait until the page is in order, and has the pictures of a message."""
    await expect(page.get_by_text("Updating viewport")).to_have_count(0)
    await page.mouse.move(0, 0)
    await asyncio.sleep(2)  # pictures follow their message, and are faded in
    for _ in range(100):
        if await message.evaluate(LOADED):
            break
        await asyncio.sleep(0.1)


async def shoot(page: Page, message: Locator, out: Path) -> None:
    await expect(message).to_be_visible()
    await settled(page, message)
    await message.screenshot(path=out)


async def send(page: Page, command: str, **options: tuple[str, str | None]) -> None:
    """Write a slash command as a person does. An option is what is typed and which suggestion is picked, if any."""
    await page.get_by_role("textbox", name="Message").fill(f"/{command}")
    await page.keyboard.press("Enter")
    for option, (typed, picked) in options.items():
        field = page.get_by_role("combobox", name=option).or_(page.get_by_role("textbox", name=option))
        if not await field.count():
            choice = page.get_by_role("option", name=option).first
            if not await choice.count():
                await page.get_by_role("button", name=re.compile(r"\+\d+ ")).click()  # "+6 more" options
            await choice.click()
        await field.press_sequentially(typed)
        if picked is not None:
            await page.get_by_role("option", name=picked).first.click()
    await page.get_by_role("button", name="Send").click()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--plain", action="store_true", help="without posters")
    parser.add_argument("--phone", action="store_true", help="as narrow as a phone")
    options = parser.parse_args()
    asyncio.run(take(options.out, plain=options.plain, phone=options.phone))


if __name__ == "__main__":
    main()
