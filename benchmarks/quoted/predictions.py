"""Predicted stars: their errors, how sure they are, what a fit takes, and how far they can be pushed."""

from collections.abc import Callable

from benchmarks.tables import Results, markdown, met

# Columns and rows of the tables under results/.
MSE, RMSE, SECONDS = "MSE, mean ± sd", "RMSE, mean", "fit, s (median)"
RMSE_AT, COVERED = "RMSE at k =", "80% intervals hold, at k ="
DEFAULT, ACCURATE = "Marquee, default", "Marquee, accurate"
FASTAI, MYFM, MYFM_BOTH = "fastai, the tutorial's own lines", "myFM, rank 10", "myFM + both sets"
BASELINE, REFIT, FOLD_IN = "film mean + damped member's offset", "Marquee, refit", "Marquee, fold-in"
GIVEN = ("1", "5", "10", "20")
OFFSET, MARQUEE = "film mean + person's offset", "Marquee"
OUTSIDE = "Marquee, outside mean with noise of 0.25 stars, and votes"
SETS = {"100K": "ml-100k", "1M": "ml-1m", "built-in": "ml-latest-small"}
# The headings of single splits, before the seed.
SPLITS_100K, SPLITS_1M = "ml-100k, 129 new members, seed", "ml-1m, 947 new members, seed"
SEEDS = range(5)


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
    two, scale = results.table("full/accuracy", "ml-1m").number, results.table("scale", "32,000,204").number
    quick, share = results.numbers("accuracy", r"To an MSE of .*: \d+ sweeps, (.*) s \(median\), 1/(\d+) of fastai")
    warm = [
        table("from the model of the other 99%", SECONDS) / table("from nothing", SECONDS) for table in (small, one)
    ]
    part = f"**1/{share:.0f}**" if share >= 60 else f"1/{share:.0f} (missed)"
    large = sum(scale("seed 0", part) for part in ("reading, s", "fit, s"))
    memory = scale("seed 0", "peak memory, GB")
    return f"""\
| Fit | Target | Marquee | Beside it |
| --- | --- | --- | --- |
| 100K, default; accurate | 2 s | {met(small(DEFAULT, SECONDS), 2, ".1f", " s")}; {small(ACCURATE, SECONDS):.1f} s | myFM with both sets {small(MYFM_BOTH, SECONDS):.1f} s, fastai's tutorial {small(FASTAI, SECONDS):.0f} s |
| 1M, default; accurate | 8 s | {met(one(DEFAULT, SECONDS), 8, ".1f", " s")}; {one(ACCURATE, SECONDS):.0f} s | myFM from ratings alone {one(MYFM, SECONDS):.0f} s, with both sets {two(MYFM_BOTH, SECONDS):.0f} s, fastai's tutorial {two(FASTAI, SECONDS):.0f} s |
| 32 million generated ratings of 200,948 users and 87,585 films, as many as in ml-32m, with their reading | 600 s, 5 GB | {met(large, 600, ".0f", " s")}, peak {met(memory, 5, ".1f", " GB")} | |
| 100K, to the MSE of 0.823 that the tutorials report | 1/60 of fastai's fit | {quick:.2f} s, {part} | |
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
    small, large = coverage(results, *every), coverage(results, one)
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


def intervals(results: Results) -> str:
    """How often intervals hold for later ratings: over the seeds, and before and after a moment."""
    columns = ("1", "5", "20", "all k")
    lines = []
    for name, heading in {"built-in": "ml-latest-small", "1M": "ml-1m"}.items():
        table = results.table("intervals", f"{heading}, seeds", "80% intervals hold, mean, at k =").text
        lines += [
            [f"{name}: {label}", *(table(label, column) for column in columns)]
            for label in ("at random", "later", "after the first day")
        ]
        moments = results.table("intervals", f"{heading}, before", COVERED).text
        for share in ("70%", "80%", "90%"):
            row = f"{share} of the ratings came before"
            people = f"{name}: after a moment, {share} of the ratings before it, {moments(row, 'people')} people"
            lines.append([people, *(moments(row, column) for column in (*columns[:3], "all earlier"))])
    return markdown(["80% intervals hold, k =", *columns[:3], "all k; all earlier"], lines)


def new_films(results: Results) -> str:
    """Errors for films of which n ratings are known."""
    n = ("0", "1", "3", "5", "10")
    lines = []
    for name, heading in SETS.items():
        table, club = (
            results.table("new_films", heading, f"RMSE, n of a {films} ratings =") for films in ("new film's", "club's")
        )
        bars = {k: table.number(OFFSET, k) for k in n}, {k: club.number(OFFSET, k) for k in ("0", "1", "2")}
        lines += [
            [f"{name}: film mean + the person's offset", *(f"{bar:.3f}" for own in bars for bar in own.values())],
            [
                f"{name}: **Marquee**",
                *(met(table.number(MARQUEE, k), bar) for k, bar in bars[0].items()),
                *(met(club.number(MARQUEE, k), bar) for k, bar in bars[1].items()),
            ],
            [
                f"{name}: **Marquee**, outside mean and votes",
                met(table.number(OUTSIDE, "0"), 0.95),
                *(met(table.number(OUTSIDE, k), bars[0][k]) for k in n[1:]),
                *[""] * 3,
            ],
        ]
    return markdown(["RMSE at n =", *n, "a club's, 0", "1", "2"], lines)


def rare_films(results: Results) -> str:
    """Errors for films that are naturally rare."""
    columns = ("0", "1 to 2", "3 to 5", "6 to 10")
    lines = []
    for name, heading in SETS.items():
        table = results.table("new_films", heading, "RMSE, other ratings of a rare film =").text
        for label, row in {"film mean + the person's offset": OFFSET, "**Marquee**": MARQUEE}.items():
            lines.append([f"{name}: {label}", *(table(row, column) for column in columns)])
    return markdown(["RMSE, other ratings of the film", *columns], lines)


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


def coverage(results: Results, *headings: str) -> list[float]:
    """The percentages of ratings inside 80% intervals, under each heading and at each k."""
    tables = [results.table("newcomers", heading, COVERED).number for heading in headings]
    return [number(FOLD_IN, k) for number in tables for k in ("1", "5", "20", "all k")]
