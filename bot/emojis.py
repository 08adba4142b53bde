"""Stars as emojis of the application's own, which it may use on every server: drawn here, and made once."""

import asyncio
import io
from math import cos, hypot, pi, sin

import discord
from PIL import Image, ImageChops, ImageDraw

from bot.glyphs import Glyphs

SIZE = 128  # pixels: the most that Discord takes
FINER = 4  # times, while it is drawn
GOLD = "#c98512"  # a contrast of 3 to 1 on white, and of 4 to 1 on Discord's dark grey
OUTLINE = 11  # pixels
INNER = 0.48  # of the radius: where the rays meet
# The name of each and how much of the star is filled. A picture that changes gets a new name: Discord and old cards keep the
# emoji under the one that they know.
SHARES = {"star_1": 1.0, "half_star_1": 0.5, "empty_star_1": 0.0}


async def glyphs(client: discord.Client) -> Glyphs:
    """Stars as the application's emojis. Those that it lacks are made; no other is touched. Raises discord.HTTPException where
    Discord refuses, and whatever a network raises."""
    known = {emoji.name: emoji for emoji in await client.fetch_application_emojis()}
    for name, share in SHARES.items():
        if name not in known:
            image = await asyncio.to_thread(picture, share)
            known[name] = await client.create_application_emoji(name=name, image=image)
    return Glyphs(*(str(known[name]) for name in SHARES))


def picture(share: float) -> bytes:
    """A star as PNG on nothing, filled from the left so far as `share` says, 0 to 1, and outlined."""
    size = SIZE * FINER
    outside, inside = _star(size, 0), _star(size, OUTLINE * FINER)
    gold = ImageChops.subtract(outside, inside)
    filled = outside.crop((0, 0, round(share * size), size))
    gold.paste(filled, (0, 0))
    star = Image.new("RGBA", (SIZE, SIZE), GOLD)
    star.putalpha(gold.resize((SIZE, SIZE), Image.Resampling.LANCZOS))
    png = io.BytesIO()
    star.save(png, "PNG", optimize=True)
    return png.getvalue()


def _star(size: int, margin: int) -> Image.Image:
    """A mask with a star of five rays, whose edges lie `margin` pixels further in."""
    long, short = size * 0.52, size * 0.52 * INNER
    # An edge's distance from the middle: twice the area of the triangle that it makes with the middle, by its length.
    apart = long * short * sin(pi / 5) / hypot(long * sin(pi / 5), long * cos(pi / 5) - short)
    scale = 1 - margin / apart
    corners = [
        (size / 2 + scale * radius * sin(corner * pi / 5), size * 0.53 - scale * radius * cos(corner * pi / 5))
        for corner, radius in enumerate([long, short] * 5)
    ]
    mask = Image.new("L", (size, size))
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    return mask
