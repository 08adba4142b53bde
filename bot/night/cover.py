"""The picture of a server's event: the film's poster, before itself made large and dim, since an event's picture is wide."""

import io
import warnings

from PIL import Image, ImageFilter, ImageOps

WIDTH, HEIGHT = 800, 320  # pixels, as Discord shows it
MARGIN = 16
BLUR, DIM = 18, 0.45
MOST_PIXELS = 4_000_000  # of a poster; more is none


def cover(poster: bytes) -> bytes | None:
    """A PNG; None for what is no picture. It takes tens of milliseconds: not for the event loop."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(poster), formats=("JPEG", "PNG"))
            if image.width * image.height > MOST_PIXELS:
                return None
            front = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    back = ImageOps.fit(front, (WIDTH, HEIGHT)).filter(ImageFilter.GaussianBlur(BLUR)).point(lambda value: value * DIM)
    front = ImageOps.contain(front, (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN))
    back.paste(front, ((WIDTH - front.width) // 2, (HEIGHT - front.height) // 2))
    png = io.BytesIO()
    back.save(png, "PNG")
    return png.getvalue()
