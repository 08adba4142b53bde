"""Fuzzy titles: from what people type to the film they mean."""

from bot.titles.index import Match, Suggestions, TitleIndex

__all__ = ["Match", "Suggestions", "TitleIndex"]
