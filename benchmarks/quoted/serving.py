"""What members wait for: lists, slates, typed titles, and commands while the model learns anew."""

from benchmarks.tables import Results, met

# Columns and rows of the tables under results/.
P50, P99, P99_TWO = "p50, ms, threads: 1", "p99, ms, threads: 1", "p99, ms, threads: 2"
LEARNING = "while the model learns anew"


def speed(results: Results) -> str:
    """What serving takes."""
    table, titles, lag = (results.table(file).number for file in ("speed", "titles", "lag"))
    ten, more = "a rating to a new list of ten", "the same, of twenty-five"
    lists, slates = results.numbers("speed", r": (\d+ MB) after a list and similar films, (\d+ MB) after a slate")
    targets = {
        "fold-in of 200 ratings": ("fold-in", 1.0),
        "a list of ten, of a taste that is solved": ("a list of ten, of a taste that is solved", 3.0),
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


def many_films(results: Results) -> str:
    """What it takes that there are 300,000 films."""
    few, many = "60,000 films", "300,000 films"
    held, found = (results.table("catalogue", heading).number for heading in ("To hold", "To find"))
    offers = {
        name: found(f"offers for a title, {name}", f"p99, {many}") for name in ("letter by letter", "one letter less")
    }
    more = {name: held(name, many) - held(name, few) for name in ("memory, MB", "all of it, s")}
    return f"""\
| The catalogue, the film table and the title index of 300,000 films | Target | |
| --- | --- | --- |
| more memory than with 60,000 films, the model aside | 240 MB | {met(more["memory, MB"], 240, ".0f", " MB")} |
| longer to build, similar films aside | 8 s | {met(more["all of it, s"], 8, ".1f", " s")} |
| one film more | 1 s | {met(held("the same with one film more, s", many), 1, ".1f", " s")} |
| offers while a title is typed (p99) | 50 ms | {met(offers["letter by letter"], 50, ".0f", " ms")} |
| offers for a title with one letter left out (p99) | 50 ms | {met(offers["one letter less"], 50, ".0f", " ms")} |
"""


def typed_titles(results: Results) -> str:
    """Titles as members type them."""
    queries, first, five = titles_found(results)
    return f"""\
| {queries:.0f} typed queries | at first place | in the first five |
| --- | ---: | ---: |
| the film that was meant | {first:.1f}% | {five:.1f}% |
"""


def titles_found(results: Results) -> list[float]:
    """How many typed titles, and the percentages whose film is first, and in the first five."""
    return results.numbers("titles", r"(\d+) queries: ([\d.]+%) right at first place, ([\d.]+%) in the first five")


def imported_titles(results: Results) -> str:
    """Which films are found for the rows of files from elsewhere."""
    few, some, many = (results.table("imports", heading) for heading in ("built in", "60,000 films", "300,000 films"))
    known, new = "all that are known", "not known"
    outcomes = ("found", "unclear", "not found", "wrong")
    titles = sum(few.number(known, outcome) for outcome in outcomes)
    shares = [100 * table.number(known, "found") / titles for table in (few, some, many)]
    found = "".join(f"| **{share:.1f}%** " if share >= 98 else f"| {share:.1f}% (missed) " for share in shares)
    wrong = "".join(
        f"| {met(table.number(known, 'wrong') + table.number(new, 'wrong'), 0, '.0f')} " for table in (few, some, many)
    )
    asked = "".join(
        f"| {table.number(known, 'unclear'):.0f}; {table.number(new, 'unclear'):.0f} " for table in (few, some, many)
    )
    times = "".join(f"| {table.number('2,000 rows', 'seconds'):.1f} s " for table in (few, some, many))
    return f"""\
| {titles:.0f} titles of films that are known, and {sum(few.number(new, outcome) for outcome in outcomes):.0f} of others | Target | the built-in films | 60,000 films | 300,000 films |
| --- | --- | ---: | ---: | ---: |
| found | 98% {found}|
| taken for another film | 0 {wrong}|
| asked about: of films that are known; of others |  {asked}|
| 2,000 rows, of which three in ten are of films that are not known |  {times}|
"""
