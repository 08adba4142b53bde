"""How much the bot takes: requests of each kind, and a database with a million ratings."""

from benchmarks.tables import Results, markdown, met

FIGURES = ("a second", "p50, ms", "p99, ms")
KINDS = (
    "`/help`",
    "`/rate`, on disk",
    "`/recommend`",
    "`/similar`",
    "`/film`",
    "a title is typed",
    "a press of *Rate it*",
)
LAYOUTS = (
    "SQLite, 1 shard in 1 process",
    "SQLite again, last",
    "PostgreSQL, 1 shard in 1 process",
    "PostgreSQL, 4 shards in 1 process",
    "PostgreSQL, 4 shards in 2 processes",
    "PostgreSQL, 4 shards in 4 processes",
    "PostgreSQL, 8 shards in 1 process",
    "PostgreSQL, 8 shards in 2 processes",
    "PostgreSQL, 8 shards in 4 processes",
)
ASKED = (
    "rate",
    "save a list",
    "a member's history",
    "what a recommendation reads",
    "who rated a film",
    "what 250 members rated",
)
ONCE = (
    "1,000 rate at once, s",
    "their commits",
    "of them refused",
    "all ratings as a frame, s",
    "`copy` from the other, compared, s",
)
KILLED = (
    "processes killed",
    "away until its model served again, s (median, longest)",
    "acknowledged writes",
    "of them lost",
    "there twice",
    "refused",
    "of them there",
    "not answered, by a process that was killed",
    "not answered, by another",
    "answers of the others meanwhile, p99, ms",
)
COMMANDS = ("`/rate`", "a title is typed", "`/recommend`", "`/similar`", "`/film`", "`/taste`", "`/club`")


def requests(results: Results) -> str:
    """What two cores answer of each kind, alone and beside a retrain, and what the simulated Discord could."""
    idle, learning = results.table("requests", "While nothing else"), results.table("requests", "While the model")
    wire = results.table("requests", "What the simulated")
    lines = [
        [kind, *(idle.text(kind, figure) for figure in FIGURES), *(learning.text(kind, figure) for figure in FIGURES)]
        for kind in KINDS
    ]
    nothing = "a client that does nothing but answer"
    lines.append([nothing, *(wire.text(nothing, figure) for figure in FIGURES), *[""] * len(FIGURES)])
    return markdown(["32 in flight", *FIGURES, "while it learns: a second", *FIGURES[1:]], lines)


def several_processes(results: Results) -> str:
    """What a fit takes in one process and in two, and whether they learn the same."""
    columns = (
        "fit, s",
        "a sweep, s",
        "of it sending, s",
        "sent in a sweep, MB",
        "ratings of a process",
        "peak memory, MB",
        "RMSE",
    )
    names = {"built in": "ml-latest-small", "1M": "ml-1m"}
    apart = "one process, and two processes", "one process, and one process, another seed"
    lines = []
    for name, heading in names.items():
        table = results.table("distributed", heading)
        lines += [
            [f"{name}: {row}", *(table.text(row, column) for column in columns)]
            for row in ("one process", "two processes")
        ]
        other = results.table("distributed", heading, "predictions apart")
        two, seed = (other.text(pair, "RMS, stars") for pair in apart)
        lines.append([f"{name}: predictions apart {two} stars, with another seed {seed}", *[""] * len(columns)])
    return markdown(["default, one thread a process", *columns], lines)


def engines(results: Results) -> str:
    """What a store over PostgreSQL takes beside one over SQLite."""
    asked, once = results.table("engines", corner="p50 / p99, ms"), results.table("engines", corner="once")
    engines = ("SQLite", "PostgreSQL")
    lines = [[f"{name}: p50 / p99, ms", *(asked.text(name, engine) for engine in engines)] for name in ASKED]
    lines += [[name, *(once.text(name, engine) for engine in engines)] for name in ONCE]
    return markdown(["a million ratings", *engines], lines)


def cluster(results: Results) -> str:
    """What several processes over PostgreSQL answer beside one over SQLite, with a million ratings."""
    mix, rate = (results.table("full/cluster", heading) for heading in ("A mix", "`/rate` alone"))
    memory = results.table("full/cluster", "Memory")
    shown = ("times SQLite's", *FIGURES)
    lines = [
        [
            name,
            *(mix.text(name, column) for column in shown),
            *(rate.text(name, column) for column in shown),
            memory.text(name, "in all, MB"),
        ]
        for name in LAYOUTS
    ]
    return markdown(
        ["32 in flight", "a mix: times SQLite's", *FIGURES, "`/rate`: times", *FIGURES, "memory, MB"], lines
    )


def cluster_kills(results: Results) -> str:
    """What is lost where processes of a cluster are killed."""
    column = "PostgreSQL, 8 shards in 4 processes"
    table = results.table("full/cluster", "Processes are killed")
    return markdown(["", column], [[name, table.text(name, column)] for name in KILLED])


def million(results: Results) -> str:
    """What a million ratings cost."""
    table = results.table("million")
    seconds, megabytes = results.numbers("million", r"\n\| (?:published|rejected) \| ([\d,]+) \| ([\d,]+) \|")
    lines = [[name, f"{table.text(name, 'p50, ms')} ms", f"{table.text(name, 'p99, ms')} ms", ""] for name in COMMANDS]
    copied, size = (table.text("a backup, checked", column) for column in ("seconds", "MB"))
    lines += [
        [
            "start until its model serves",
            f"{table.text('started', 'its model serves, s')} s",
            "",
            f"{table.text('started', 'memory, MB')} MB",
        ],
        ["a snapshot of the ratings", f"{table.text('a snapshot of the ratings', 'seconds')} s", "", ""],
        ["`backup`, from start to end", f"{copied} s", "", f"{size} MB on disk"],
        ["a retrain", f"{seconds:.0f} s", "", f"{megabytes:,.0f} MB in its process"],
    ]
    return markdown(["", "once, or p50", "p99", "memory"], lines)


def processes(results: Results) -> str:
    """What several processes of one machine hold of one model."""
    tables, own, seconds = (
        results.table("processes", "60,000 films", corner)
        for corner in ("the file is", "its own, shared with nobody", "")
    )
    changed, renewed = "mapped, 20 films added since, 5 removed, 5 corrected", "then mapped anew with these films"
    lines = [
        [
            f"its tables, the file {way}",
            *(f"{tables.text(way, figure)} MB" for figure in ("one process, MB", "8 in all, MB")),
            met(tables.number(way, "times one"), 1.5, ".2f") if way != "copied" else tables.text(way, "times one"),
        ]
        for way in ("mapped", changed, renewed, "copied")
    ]
    one, eight = (tables.number("mapped", figure) for figure in ("one process, MB", "8 in all, MB"))
    lines.append(["one process more", f"{(eight - one) / 7:.0f} MB", "", ""])
    index = own.number("mapped", "the title index, MB")
    lines.append(["the title index, which each process has for itself", f"{index:.0f} MB", "", ""])
    steps = (
        "to load the model and answer",
        "to build the title index",
        "to work the changed films in",
        "to write the file with them",
        "to map it in place of the one before",
    )
    lines += [[step, f"{seconds.text(step, 'seconds')} s", "", ""] for step in steps]
    return markdown(["60,000 films", "one process", "eight in all", "times one (target 1.5)"], lines)
