"""Lists of films for a person, and of films like a film."""

from benchmarks.tables import Results, markdown

# Columns and rows of the tables under results/.
RECALL_AND_GAIN = "recall@20 / NDCG@10, k ="
GIVEN = ("1", "5", "10", "20")
LISTS, EASE = "Marquee, balanced", "EASE, likes only"
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


def series_in_a_row(results: Results) -> str:
    """How often films of one series stand side by side in a list's first ten, on the three splits of 1M."""
    runs = ["1", "2", "3", "4", "5 or more"]
    corner = "Of 2400 lists, so many of one series in a row in the first 10:"
    tables = [results.table("ranking", f"ml-1m, 600 new members, seed {seed}", corner).number for seed in range(3)]
    counts = [f"{sum(table(LISTS, run) for table in tables):,.0f}" for run in runs]
    return markdown(["Most films of one series in a row", *runs], [["lists", *counts]])


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


def chances(results: Results) -> str:
    """The chance that a film is seen: as said, and how often it is."""
    tenths = [f"{tenth / 10:.0%} to {(tenth + 1) / 10:.0%}" for tenth in range(10)]
    headings = (f"{name}, k = 10" for name in ("ml-latest-small", "ml-1m"))
    tables = [results.table("seen", heading, "chance, as said").text for heading in headings]
    columns = ("films", "said, mean", "found")
    lines = [[tenth, *(table(tenth, column) for table in tables for column in columns)] for tenth in tenths]
    return markdown(["said", *(f"{name}: {column}" for name in ("built-in", "1M") for column in columns)], lines)


def questions(results: Results) -> str:
    """What answers to questions are worth."""
    rivals = ("most rated", "log popularity x entropy", "fixed list", "random, of the 400 most rated")
    rows = {rival: rival for rival in rivals} | {"**Marquee**": "Marquee"}
    columns = {
        "RMSE": ("RMSE",),
        "recall@20 / NDCG@10": ("recall@20", "NDCG@10"),
        "by propensity": ("NDCG@10 by inverse propensity",),
        "outside the 100": ("recall@20 outside the 100 most rated",),
        "answered with stars": ("answered with stars",),
    }
    lines = []
    for name, data in {"built-in": "ml-latest-small", "1M": "ml-1m"}.items():
        for asked in ("5", "10", "20"):
            table = results.table("questions", f"{data}, after {asked} questions").text
            for label, row in rows.items():
                cells = (" / ".join(table(row, column) for column in own) for own in columns.values())
                lines.append([f"{name}, {asked}: {label}", *cells])
    return markdown(["", *columns], lines)


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
