"""What stars are written with in a text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Glyphs:
    """A full star, a half and an empty one: characters, or the application's emojis. Buttons, choices, events and files can show
    characters only, and so do messages in which emojis, thirty characters each, would not fit."""

    star: str = "★"
    half: str = "½"
    empty: str = ""

    def stars(self, value: float) -> str:
        """Given stars as a picture: 3.5 -> ★★★½."""
        half = self.half if value % 1 else ""
        return self.star * int(value) + half + self.empty * int(5 - value)

    def mean(self, value: float) -> str:
        """Stars that are an average or a prediction: ★ 4.3."""
        return f"{self.star} {value:.1f}"


TEXT = Glyphs()
