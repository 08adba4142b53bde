"""The tables of README.md and benchmarks/README.md, made from the tables under results/. No measured figure is typed here."""

from collections.abc import Callable

from benchmarks.tables import Results, markdown

# Columns and rows of the tables under results/.
MSE, RMSE, SECONDS = "MSE, mean ± sd", "RMSE, mean", "fit, s (median)"
P50, P99, P99_TWO = "p50, ms, threads: 1", "p99, ms, threads: 1", "p99, ms, threads: 2"
NDCG, RMSE_AT, COVERED = "NDCG@5, 95% intervals", "RMSE at k =", "80% intervals hold, at k ="
DEFAULT, ACCURATE = "Marquee, default", "Marquee, accurate"
FASTAI, MYFM, MYFM_BOTH = "fastai, the tutorial's own lines", "myFM, rank 10", "myFM + both sets"
BASELINE, REFIT, FOLD_IN = "film mean + damped member's offset", "Marquee, refit", "Marquee, fold-in"
LISTS, EASE = "Marquee, balanced", "EASE, likes only"
RECALL_AND_GAIN = "recall@20 / NDCG@10, k ="
LEARNING = "while the model learns anew"
# The headings of single splits, before the seed.
SPLITS_100K, SPLITS_1M = "ml-100k, 129 new members, seed", "ml-1m, 947 new members, seed"
SEEDS, GIVEN = range(5), ("1", "5", "10", "20")
# Data sets whose lists are judged -> headings. Rankings as the papers call them -> rows.
RANKED = {"built-in": "ml-latest-small, all members", "1M": "ml-1m, all members"}
RANKINGS = {
    "most popular": "most popular",
    "EASE, likes only": EASE,
    "EASE, all rated": "EASE, all rated",
    "item-kNN": "item-kNN, cosine",
    "RP3beta": "RP3beta",
    "implicit's ALS": "implicit ALS",
}
STYLES = {
    "Marquee, familiar": "Marquee, familiar",
    "**Marquee, balanced**": LISTS,
    "Marquee, adventurous": "Marquee, adventurous",
}
# The rules for groups of a library. The styles of slates whose cost is told, and what is counted of slates.
GROUPREC = {f"grouprec, {rule}": f"grouprec 0.0.3, {rule}" for rule in ("GFAR", "EP-FuzzDA", "LTP")}
SLATES = ("balanced", "fair", "crowd-pleaser")
OWN_GENRE = "unseen: share of the taste's genre"
OF_SLATES = ("of the 25 best", "shared by two groups", "slates with two films of a series")


def quoted(results: Results) -> dict[str, str]:
    """Name of a table in the papers -> the table."""
    return {table.__name__: table(results) for table in TABLES}


def met(value: float, most: float, form: str = ".3f", unit: str = "") -> str:
    """A figure that should be `most` at most: bold if it is, else marked."""
    return f"**{value:{form}}{unit}**" if value <= most else f"{value:{form}}{unit} (missed)"


def chosen(results: Results) -> str:
    """What a reader of README.md cares for."""
    small, large = results.table("accuracy", "ml-100k, random").number, results.table("full/accuracy", "ml-1m").number
    lists = results.table("ranking", "ml-1m, all members", RECALL_AND_GAIN).number
    tastes = results.table("personas", "ml-latest-small", "").number
    speed, titles, lag = (results.table(file).number for file in ("speed", "titles", "lag"))
    _, found, _ = _found(results)
    inside = _inside(results, *(f"{SPLITS_100K} {seed}" for seed in SEEDS))
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


def accuracy(results: Results) -> str:
    """Errors on held-out ratings."""
    small, u1 = (results.table("accuracy", f"ml-100k, {split}").number for split in ("random", "u1"))
    one, two = results.table("accuracy", "ml-1m").number, results.table("full/accuracy", "ml-1m").number
    return f"""\
| Held-out ratings | Target: default; accurate | default | accurate | Beside it |
| --- | --- | --- | --- | --- |
| 100K, random 80/20, five splits, MSE | 0.772; 0.765 | {met(small(DEFAULT, MSE), 0.772)} | {met(small(ACCURATE, MSE), 0.765)} | myFM with both sets {small(MYFM_BOTH, MSE):.3f}, fastai's tutorial {small(FASTAI, MSE):.3f}, the tutorial's recipe in Marquee {small("Marquee, one_cycle", MSE):.3f} |
| 100K, u1.base / u1.test, RMSE | 0.880 | {met(u1(DEFAULT, RMSE), 0.880)} | {met(u1(ACCURATE, RMSE), 0.880)} | myFM with both sets {u1(MYFM_BOTH, RMSE):.3f} |
| 1M, random 90/10, one split, RMSE | 0.820; 0.814 | {met(one(DEFAULT, RMSE), 0.820)} | {met(one(ACCURATE, RMSE), 0.814, ".4f")} | myFM from ratings alone {one(MYFM, RMSE):.3f} |
| 1M, the same, two splits (`--full`) | 0.820; 0.814 | {met(two(DEFAULT, RMSE), 0.820)} | {met(two(ACCURATE, RMSE), 0.814)} | myFM with both sets {two(MYFM_BOTH, RMSE):.3f}, SVD++ {two("Surprise SVD++", RMSE):.3f}, fastai's tutorial {two(FASTAI, RMSE):.3f} |
"""


def seconds(results: Results) -> str:
    """What a fit takes."""
    small, one = (results.table("accuracy", heading).number for heading in ("ml-100k, random", "ml-1m"))
    two, scale = results.table("full/accuracy", "ml-1m").number, results.table("full/scale", "10,000,000").number
    quick, share = results.numbers("accuracy", r"To an MSE of .*: \d+ sweeps, (.*) s \(median\), 1/(\d+) of fastai")
    warm = [
        table("from the model of the other 99%", SECONDS) / table("from nothing", SECONDS) for table in (small, one)
    ]
    ten, memory = scale("seed 0", "fit, s"), scale("seed 0", "peak memory, GB")
    return f"""\
| Fit | Target | Marquee | Beside it |
| --- | --- | --- | --- |
| 100K, default; accurate | 2 s | {met(small(DEFAULT, SECONDS), 2, ".1f", " s")}; {small(ACCURATE, SECONDS):.1f} s | myFM with both sets {small(MYFM_BOTH, SECONDS):.1f} s, fastai's tutorial {small(FASTAI, SECONDS):.0f} s |
| 1M, default; accurate | 25 s | {met(one(DEFAULT, SECONDS), 25, ".0f", " s")}; {one(ACCURATE, SECONDS):.0f} s | myFM from ratings alone {one(MYFM, SECONDS):.0f} s, with both sets {two(MYFM_BOTH, SECONDS):.0f} s, fastai's tutorial {two(FASTAI, SECONDS):.0f} s |
| Ten million generated ratings, 70,000 users, 10,000 films | 240 s, 12 GB | {met(ten, 240, ".0f", " s")}, peak {met(memory, 12, ".1f", " GB")} | |
| 100K, to the MSE of 0.823 that the tutorials report | 1/60 of fastai's fit | {quick:.2f} s, **1/{share:.0f}** | |
| From the last model, 1% of the ratings new, to the same error: share of a fit from nothing | 0.33 | 100K {met(warm[0], 1 / 3, ".2f")}, 1M {met(warm[1], 1 / 3, ".2f")} | |
"""


def newcomers(results: Results) -> str:
    """Errors for people who were not learned from."""
    rows = {"film mean + the person's damped offset": BASELINE, "**fold-in**": FOLD_IN, "learning anew": REFIT}
    lines = [
        [f"{name}: {label}", *(table.text(row, k) for k in GIVEN)]
        for name, heading in (("100K", "ml-100k, mean"), ("1M", f"{SPLITS_1M} 0"))
        for table in [results.table("newcomers", heading, RMSE_AT)]
        for label, row in rows.items()
    ]
    return markdown([RMSE_AT, *GIVEN], lines)


def newcomers_peers(results: Results) -> str:
    """Errors for the same people, of libraries that learn anew with the k ratings."""
    small, large = (results.table("full/newcomers", f"{split} 0", RMSE_AT).text for split in (SPLITS_100K, SPLITS_1M))
    return f"""\
| RMSE | 100K, k = 5 | k = 20 | 1M, k = 5 | k = 20 |
| --- | ---: | ---: | ---: | ---: |
| fastai's tutorial | {small(f"{FASTAI}, refit", "5")} | {small(f"{FASTAI}, refit", "20")} | | |
| myFM, from ratings alone | {small(f"{MYFM}, refit", "5")} | {small(f"{MYFM}, refit", "20")} | {large(f"{MYFM}, refit", "5")} | {large(f"{MYFM}, refit", "20")} |
| myFM with both sets | {small(f"{MYFM_BOTH}, refit", "5")} | {small(f"{MYFM_BOTH}, refit", "20")} | | |
| **fold-in** | {small(FOLD_IN, "5")} | {small(FOLD_IN, "20")} | {large(FOLD_IN, "5")} | {large(FOLD_IN, "20")} |
"""


def certainty(results: Results) -> str:
    """Intervals, what learning anew has over the fold-in, and how exact fold-in and reasons are."""
    every, one = [f"{SPLITS_100K} {seed}" for seed in SEEDS], f"{SPLITS_1M} 0"
    small, large = _inside(results, *every), _inside(results, one)
    behind = [100 * (errors(FOLD_IN, "20") / errors(REFIT, "20") - 1) for errors in _errors(results, *every)]
    [mean, large_mean] = [
        100 * (errors(FOLD_IN, "20") / errors(REFIT, "20") - 1) for errors in _errors(results, "ml-100k, mean", one)
    ]
    exact = [results.table("newcomers", heading, "").number for heading in (every[0], one)]
    fold_in, total, left_out = (
        max(table(row, "largest difference, stars") for table in exact)
        for row in (
            "fold-in of a user who was learned from, less what was learned of them",
            "baseline and contributions, less the unclipped prediction",
            "what leaving a rating out costs, said less seen",
        )
    )
    return f"""\
| What | Target | Marquee |
| --- | --- | --- |
| 80% intervals hold, at k = 1, 5, 20 and all k, on each of five splits of 100K; on 1M | 78% to 82% | {min(small):.1f}% to {max(small):.1f}%; {min(large):.1f}% to {max(large):.1f}% |
| The fold-in's error above that of learning anew, k = 20, mean of five splits of 100K | 0.5% | {met(mean, 0.5, ".2f", "%")}; single splits {min(behind):.1f}% to {max(behind):.1f}% |
| The same on 1M | 0.5% | {met(large_mean, 0.5, ".2f", "%")} |
| A learned user's fold-in, less the trained predictions: at most, stars | 0.0001 | {met(fold_in, 1e-4, ".6f")} |
| Baseline and contributions, less the prediction: at most, stars | 0.0001 | {met(total, 1e-4, ".6f")} |
| What leaving a rating out costs, as said, less as seen: at most, stars | 0.02 | {met(left_out, 0.02, ".6f")} |
"""


def lists(results: Results) -> str:
    """Whole lists for new members."""
    lines = [
        [f"{name}: {label}", *(table(row, k) for k in GIVEN)]
        for name, heading in RANKED.items()
        for table in [results.table("ranking", heading, RECALL_AND_GAIN).text]
        for label, row in (RANKINGS | STYLES).items()
    ]
    return markdown([RECALL_AND_GAIN, *GIVEN], lines)


def lists_beyond(results: Results) -> str:
    """Whether lists find what isn't obvious, and look like the person."""
    corners = {
        "by propensity": "NDCG@10 by inverse propensity, k =",
        "outside the 100": "recall@20 outside the 100 most rated, k =",
        "divergence": "divergence of the genres of 10 from the liked ones given, k =",
    }
    long = GIVEN[2:]
    lines = []
    for name, heading in RANKED.items():
        tables = [results.table("ranking", heading, corner).text for corner in corners.values()]
        for label, row in (RANKINGS | STYLES).items():
            lines.append([f"{name}: {label}", *(table(row, k) for table in tables for k in long)])
    return markdown(["", *(f"{column}, k = {k}" for column in corners for k in long)], lines)


def later_likes(results: Results) -> str:
    """What members like a week or more after their first day."""
    given = ("5", "20", "first day")
    lines = [
        [f"{name}: {label}", *(table(row, level) for level in given)]
        for name, heading in RANKED.items()
        for table in [results.table("later", heading, RECALL_AND_GAIN).text]
        for label, row in ({"most popular lately": "most popular lately"} | RANKINGS | STYLES).items()
        if label != "implicit's ALS"
    ]
    return markdown([RECALL_AND_GAIN, *given], lines)


def tastes(results: Results) -> str:
    """What the first ten look like for twelve known tastes."""
    columns = ("share of the taste's genre", "famous and not of it", "shared by two tastes")
    table = results.table("personas", "ml-latest-small", "").text
    rows = {label: row for label, row in (RANKINGS | STYLES).items() if row in (EASE, "item-kNN, cosine")} | STYLES
    return _by_set(table, rows, columns)


def slates(results: Results) -> str:
    """What five films look like for groups of four known tastes."""
    return _slates(results, 4, OF_SLATES)


def slates_of_two(results: Results) -> str:
    """The same for groups of two."""
    return _slates(results, 2, (*OF_SLATES, "shared by two without a common member"))


def _slates(results: Results, size: int, columns: tuple[str, ...]) -> str:
    table = results.table("personas", f"Slates of 5 for all 15 groups of {size}", "").text
    styles = {f"**Marquee, {style}**": f"Marquee, {style}" for style in (*SLATES, "adventurous")}
    return _by_set(table, {"average": "average", "grouprec, GFAR": GROUPREC["grouprec, GFAR"]} | styles, columns)


def _by_set(table: Callable[[str, str], str], rows: dict[str, str], columns: tuple[str, ...]) -> str:
    """Columns for the tastes that were looked at, and the same for those that were not."""
    names = [f"{each}: {column}" for each in ("seen", "unseen") for column in columns]
    return markdown(["", *names], [[label, *(table(row, column) for column in names)] for label, row in rows.items()])


def chances(results: Results) -> str:
    """The chance that a film is seen: as said, and how often it is."""
    tenths = [f"{tenth / 10:.0%} to {(tenth + 1) / 10:.0%}" for tenth in range(10)]
    headings = (f"{name}, k = 10" for name in ("ml-latest-small", "ml-1m"))
    tables = [results.table("seen", heading, "chance, as said").text for heading in headings]
    columns = ("films", "said, mean", "found")
    lines = [[tenth, *(table(tenth, column) for table in tables for column in columns)] for tenth in tenths]
    return markdown(["said", *(f"{name}: {column}" for name in ("built-in", "1M") for column in columns)], lines)


def series_in_a_row(results: Results) -> str:
    """How often films of one series stand side by side in a list's first ten, on the three splits of 1M."""
    runs = ["1", "2", "3", "4", "5 or more"]
    corner = "Of 2400 lists, so many of one series in a row in the first 10:"
    tables = [results.table("ranking", f"ml-1m, 600 new members, seed {seed}", corner).number for seed in SEEDS[:3]]
    counts = [f"{sum(table(LISTS, run) for table in tables):,.0f}" for run in runs]
    return markdown(["Most films of one series in a row", *runs], [["lists", *counts]])


def groups(results: Results) -> str:
    """Slates for groups."""
    names = ["most popular", "average", "least misery", "average without misery"]
    table = results.table("groups", "ml-1m, seed 0: slates of 5 from 300", NDCG).number
    rows = (
        {name: name for name in names} | GROUPREC | {f"**Marquee, {style}**": f"Marquee, {style}" for style in SLATES}
    )
    columns = {"members' mean": ".3f", "least member": ".3f", "members who like none": ".1%"}
    lines = [
        [label, *(format(table(row, column), form) for column, form in columns.items())] for label, row in rows.items()
    ]
    return markdown(["NDCG@5", *columns], lines)


def slates_cost(results: Results) -> str:
    """What slates give less than the average's."""
    corner = "against the average, 95% intervals"
    table = results.table("groups", "ml-1m, seed 0: slates of 5 from 300", corner).text
    columns = ["members' mean", "least member", "members who like none, points"]
    lines = [[style, *(table(f"Marquee, {style}", column) for column in columns)] for style in SLATES]
    return markdown(["more than the average", *columns], lines)


def memory(results: Results) -> str:
    """What remembering past evenings changes."""
    corner = "satisfaction: percentile among the films, 95% intervals"
    table = results.table("groups", "ml-1m, seed 0: 10 evenings", corner).text
    columns = ["members' mean", "least member", "most less least"]
    ours = {"**Marquee**": "Marquee, balanced", "**Marquee, with memory**": "Marquee, balanced, with memory"}
    rows = {"average": "average"} | GROUPREC | ours
    lines = [[label, *(table(row, column) for column in columns)] for label, row in rows.items()]
    return markdown(["Satisfaction over ten evenings, 0 to 1", *columns], lines)


def similar(results: Results) -> str:
    """Neighbours and series found, and hubs."""
    rows = {
        "**Marquee**": "Marquee",
        "Marquee, titles unknown": "Marquee, titles unknown",
        "the factors' cosine": "Marquee's factors, cosine",
        "EASE, ridge 100": "EASE, ridge 100",
        "EASE, ridge 500": "EASE, ridge 500",
        "item-kNN, cosine": "item-kNN, cosine, shrinkage 0",
        "item-kNN, shrunk by 5": "item-kNN, cosine, shrinkage 5",
        "implicit, BM25": "implicit 0.7.3, BM25",
        "implicit, ALS": "implicit 0.7.3, ALS, 64 factors",
    }
    columns = ["neighbours: recall", "series: hit", "hubness"]
    tables = [results.table("similar", name).text for name in ("ml-latest-small", "ml-1m")]
    lines = [[label, *(table(row, column) for table in tables for column in columns)] for label, row in rows.items()]
    return markdown(["", "built-in: recall@10", "series", "hubness", "1M: recall@10", "series", "hubness"], lines)


def speed(results: Results) -> str:
    """What serving takes."""
    table, titles, lag = (results.table(file).number for file in ("speed", "titles", "lag"))
    ten, more = "a rating to a new list of ten", "the same, of twenty-five"
    lists, slates = results.numbers("speed", r": (\d+ MB) after a list and similar films, (\d+ MB) after a slate")
    targets = {
        "fold-in of 200 ratings": ("fold-in", 1.0),
        "from a rating to a new list of ten": (ten, 5.0),
        "filters and exclusions of a list": ("filters and exclusions of a list", 1.0),
        "a film's number of ratings": ("ratings of a film", 1.0),
        "a slate for 8 members": ("a slate for 8 members", 100.0),
        "a slate for 25 members": ("a slate for 25 members", 300.0),
    }
    timed = "".join(
        f"| {label} | {most:g} ms | {table(row, P50):.1f} ms | {met(table(row, P99), most, '.1f', ' ms')} | {table(row, P99_TWO):.1f} ms |\n"
        for label, (row, most) in targets.items()
    )
    return f"""\
| 60,000 films | Target | p50 | p99 | p99, two threads |
| --- | --- | --- | --- | --- |
{timed}| a list of 25, more than a list of ten | 1 ms | {met(table(more, P50) - table(ten, P50), 1, ".1f", " ms")} | | |
| memory beside torch: after a list and similar films; after a slate for 25 too | 300 MB | {met(lists, 300, ".0f", " MB")}; {met(slates, 300, ".0f", " MB")} | | |
| a search of 90,000 titles | 50 ms | {titles("Marquee", "p50, ms"):.1f} ms | {met(titles("Marquee", "p99, ms"), 50, ".0f", " ms")} | |
| the same by one rapidfuzz scorer over all titles | | {titles("rapidfuzz WRatio over all titles", "p50, ms"):.0f} ms | {titles("rapidfuzz WRatio over all titles", "p99, ms"):.0f} ms | |
| the event loop's lag while idle | | {lag("idle", "loop lag, p50, ms"):.1f} ms | {lag("idle", "loop lag, p99, ms"):.1f} ms | |
| the event loop's lag during a retrain | 50 ms | {lag(LEARNING, "loop lag, p50, ms"):.1f} ms | {met(lag(LEARNING, "loop lag, p99, ms"), 50, ".1f", " ms")} | |
| a command during a retrain | | {lag(LEARNING, "latency, p50, ms"):.1f} ms | {lag(LEARNING, "latency, p99, ms"):.0f} ms | |
"""


def typed_titles(results: Results) -> str:
    """Titles as members type them."""
    queries, first, five = _found(results)
    return f"""\
| {queries:.0f} typed queries | at first place | in the first five |
| --- | ---: | ---: |
| the film that was meant | {first:.1f}% | {five:.1f}% |
"""


def bombing(results: Results) -> str:
    """What a hundred accounts move."""
    rows = {"without the bound": "accounts, not bounded", "**with the bound**": "accounts, bounded (1)"}
    lines = []
    for rated in (5, 50):
        table = results.table("bombing", f"A film with {rated} ratings", "predictions move by (mean, most; stars)")
        for label, row in rows.items():
            moved = [f"{table.number(row, column):.3f}" for column in ("pushed film", "pushed film, newcomer")]
            lines.append(
                [f"a film with {rated} ratings, {label}", *moved, table.text(row, "lists of 10 with the pushed film")]
            )
    head = ["Predictions of the film move by, stars", "users", "a newcomer", "lists of ten that it enters"]
    return markdown(head, lines)


def variational(results: Results) -> str:
    """Draws beside a variational fit."""
    rows = {
        "variational, 16 draws": "variational, 63 sweeps",
        "**sampled, 16 draws**": "Gibbs sampling, 63 sweeps",
        "variational, 64 draws": "variational, 63 sweeps, 64 draws",
        "sampled, 64 draws": "Gibbs sampling, 207 sweeps, 64 draws",
    }
    columns = {
        "random split": "RMSE, random split",
        "new members, k = 5": "new members, k = 5",
        "k = 20": "new members, k = 20",
        "seconds": "fit, s",
    }
    table = results.table("variational", "ml-100k").text
    lines = [[label, *(table(row, column) for column in columns.values())] for label, row in rows.items()]
    return markdown(["RMSE", *columns], lines)


def _errors(results: Results, *headings: str) -> list[Callable[[str, str], float]]:
    """The tables of errors for new members under each heading."""
    return [results.table("newcomers", heading, RMSE_AT).number for heading in headings]


def _found(results: Results) -> list[float]:
    """How many typed titles, and the percentages whose film is first, and in the first five."""
    return results.numbers("titles", r"(\d+) queries: ([\d.]+%) right at first place, ([\d.]+%) in the first five")


def _inside(results: Results, *headings: str) -> list[float]:
    """The percentages of ratings inside 80% intervals, under each heading and at each k."""
    tables = [results.table("newcomers", heading, COVERED).number for heading in headings]
    return [number(FOLD_IN, k) for number in tables for k in ("1", "5", "20", "all k")]


TABLES: tuple[Callable[[Results], str], ...] = (
    chosen,
    accuracy,
    seconds,
    newcomers,
    newcomers_peers,
    certainty,
    lists,
    lists_beyond,
    series_in_a_row,
    later_likes,
    chances,
    tastes,
    slates,
    slates_of_two,
    groups,
    slates_cost,
    memory,
    similar,
    speed,
    typed_titles,
    bombing,
    variational,
)
