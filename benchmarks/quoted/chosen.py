"""The figures that a reader of README.md cares for most."""

from benchmarks.quoted.lists import EASE, LISTS, RECALL_AND_GAIN
from benchmarks.quoted.predictions import DEFAULT, FASTAI, MYFM_BOTH, RMSE, SEEDS, SPLITS_100K, coverage
from benchmarks.quoted.serving import LEARNING, P99, titles_found
from benchmarks.quoted.tastes import OWN_GENRE
from benchmarks.tables import Results


def chosen(results: Results) -> str:
    """What a reader of README.md cares for."""
    small, large = results.table("accuracy", "ml-100k, random").number, results.table("full/accuracy", "ml-1m").number
    lists = results.table("ranking", "ml-1m, all members", RECALL_AND_GAIN).number
    tastes = results.table("personas", "ml-latest-small", "").number
    speed, titles, lag = (results.table(file).number for file in ("speed", "titles", "lag"))
    _, found, _ = titles_found(results)
    inside = coverage(results, *(f"{SPLITS_100K} {seed}" for seed in SEEDS))
    return f"""\
| What | Marquee | Beside it | `python -m benchmarks.…` |
| --- | --- | --- | --- |
| Typical error of predicted stars (RMSE), MovieLens 100K | **{small(DEFAULT, RMSE):.3f}** | myFM {small(MYFM_BOTH, RMSE):.3f}, fastai's tutorial {small(FASTAI, RMSE):.3f} | `accuracy` |
| The same on 1M | **{large(DEFAULT, RMSE):.3f}** | myFM {large(MYFM_BOTH, RMSE):.3f}, fastai {large(FASTAI, RMSE):.3f} | `accuracy --full` |
| Films a new member likes, among the first 20 from five ratings (recall@20) | **{lists(LISTS, "5"):.1%}** | EASE {lists(EASE, "5"):.1%}, most popular {lists("most popular", "5"):.1%} | `ranking` |
| Ratings inside the range that should hold 80% | **{min(inside):.1f}% to {max(inside):.1f}%** | | `newcomers` |
| From a rating to a new list, 60,000 films (p99) | **{speed("a rating to a new list of ten", P99):.1f} ms** | | `speed` |
| Typed titles whose film comes first; a search of 90,000 titles (p99) | **{found:.1f}%**; **{titles("Marquee", "p99, ms"):.0f} ms** | rapidfuzz over all titles {titles("rapidfuzz WRatio over all titles", "p99, ms"):.0f} ms | `titles` |
| Of a list of ten, films of the taste's own genre; six known tastes, unseen while tuning | **{tastes("Marquee, balanced", OWN_GENRE):.0%}** | EASE {tastes("EASE, likes only", OWN_GENRE):.0%} | `personas` |
| A command while the model learns anew (p99) | **{lag(LEARNING, "latency, p99, ms"):.0f} ms** | otherwise {lag("idle", "latency, p99, ms"):.0f} ms | `lag` |
"""
