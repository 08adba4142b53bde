"""`setup`: asks what the bot needs to know, one question at a time, and writes it into `.env`."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm, Prompt
from rich.table import Table

from bot.cli import env_file, machine, services
from bot.cli.services import Application, NotReachedError
from bot.cli.typed import typed
from bot.invitation import invite_link
from bot.settings import ENV_FILE, WEBHOOK, EnvFileError, Settings, written
from recommender.datasets import DATASETS

NO_TERMINAL = (
    "setup asks questions, so it needs a terminal. Without one, copy .env.example to .env and write the values into it."
)
OFFERED = ("ml-latest-small", "ml-25m", "ml-32m", "ml-latest")  # sets that a server has some use for
NONE = "-"  # what is typed to take a value away
Said = Mapping[str, str | None]  # what .env says now
T = TypeVar("T")


def setup() -> int:
    """Ask, and write `.env`. Returns the exit status. Raises EnvFileError and OSError if `.env` can't be read or written."""
    said = {name.upper(): value for name, value in written().items()}
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(NO_TERMINAL, file=sys.stderr)
        return 1
    if lines := env_file.broken_lines():
        raise EnvFileError(env_file.BROKEN.format(line=lines[0]))
    console = Console(highlight=False)
    try:
        values, application = _ask(console, said)
        env_file.save(values)
    except (KeyboardInterrupt, EOFError):
        console.print(f"\nStopped. Nothing was changed: {ENV_FILE} is as it was.")
        return 1
    _tell(console, values, application)
    return 0


def _ask(console: Console, said: Said) -> tuple[dict[str, str], Application | None]:
    console.print(
        "[bold]Setting up Marquee[/]\nA few questions. Enter takes what stands in brackets. The answers go into the file "
        f"{ENV_FILE} in this folder, once all are given; Ctrl+C ends this and changes nothing."
    )
    token, application = _discord(console, said)
    values = {"DISCORD_TOKEN": token, "MARQUEE_MOVIELENS": _movielens(console, said)}
    films = _films(console, said)
    values["MARQUEE_FILMS"] = films
    if films == "imdb":
        values["MARQUEE_IMDB_TERMS"] = "agreed"
    if films != "off":
        values["MARQUEE_CONTACT"] = _contact(console, said)
    values["TMDB_TOKEN"] = _tmdb(console, said)
    values["MARQUEE_ALERT_WEBHOOK"] = _webhook(console, said)
    return values, application


def _heading(console: Console, title: str, text: str) -> None:
    console.print(f"\n[bold]{title}[/]\n{text}")


def _discord(console: Console, said: Said) -> tuple[str, Application | None]:
    """The token, and the application that Discord knows by it, where Discord could be asked."""
    _heading(
        console,
        "Discord's token",
        "It lets the bot speak as itself; keep it secret. You get it like this:\n"
        "  1. Open https://discord.com/developers/applications\n"
        "     and press New Application.\n"
        "  2. Under Bot, press Reset Token, and copy what it shows.\n"
        "  3. On the same page leave the three Privileged Gateway Intents off.\n"
        "Nothing shows here while you paste it. Without a token only the preview runs.",
    )
    token, application = _token(
        console,
        said.get("DISCORD_TOKEN"),
        "Discord",
        services.looks_like_discords,
        lambda token: services.ask_discord(token).application,
        unlike="That is no bot token: one has three parts with dots between them. The application's id, its public key and "
        "its client secret are other things. Copy it under Bot, Reset Token.",
        refused="Copy it anew: under Bot, press Reset Token.",
    )
    if application is not None:
        console.print(f"[green]Discord knows it: {escape(application.name)}.[/]")
    return token, application


def _movielens(console: Console, said: Said) -> str:
    _heading(
        console,
        "What it learns from",
        "Public film ratings, by MovieLens. The first set is built in, and with it the bot is ready in a minute. The "
        "others know newer films; they are downloaded at the first start, and learning takes longer.",
    )
    has = machine.memory()
    table = Table("set", box=None, pad_edge=False)
    for name in ("ratings until", "download", "memory", "learning"):
        table.add_column(name, justify="right")
    table.add_column("")
    for name in OFFERED:
        needs = machine.NEEDS[name]
        remark = "" if machine.fits(name) is not False else "[red]too big for this machine[/]"
        table.add_row(name, str(needs.until), needs.download, f"{needs.gigabytes:g} GB", needs.time, remark)
    console.print(table)
    if has is not None:
        console.print(f"This machine has {has:.1f} GB of memory. Times are those of two cores.")
    choices, before = list(DATASETS), said.get("MARQUEE_MOVIELENS")
    default = before if before in choices else choices[0]
    while True:
        name = Prompt.ask("Set", console=console, choices=choices, show_choices=False, default=default)
        if machine.fits(name) is not False or Confirm.ask(
            f"Learning from {name} takes {machine.NEEDS[name].gigabytes:g} GB. Take it all the same?",
            console=console,
            default=False,
        ):
            return name


def _films(console: Console, said: Said) -> str:
    _heading(
        console,
        "Newer films",
        "Where the bot looks once a week for films that the ratings don't know:\n"
        "  wikidata  free for any use\n"
        "  imdb      more films; for personal and non-commercial use only\n"
        "  off       nowhere",
    )
    choices, before = ["wikidata", "imdb", "off"], said.get("MARQUEE_FILMS")
    default = before if before in choices else choices[0]
    while True:
        source = Prompt.ask("Source", console=console, choices=choices, default=default)
        if source != "imdb":
            return source
        console.print(
            "IMDb's terms: its data sets are for personal and non-commercial use only, on your machine, and may not be "
            "passed on. All of them: https://developer.imdb.com/non-commercial-datasets/"
        )
        if Confirm.ask("Do you agree?", console=console, default=said.get("MARQUEE_IMDB_TERMS") == "agreed"):
            return source
        default = "wikidata"


def _contact(console: Console, said: Said) -> str:
    _heading(
        console,
        "Your address",
        "Of mail or on the web, for the service that films come from. Wikidata asks for one, in case a bot makes "
        "trouble, and may refuse those who give none. Nobody else is told.",
    )
    before = said.get("MARQUEE_CONTACT")
    while address := _optional(console, "Address", before):
        try:
            return _CONTACT.validate_python(address)
        except ValidationError:
            console.print("That can't be sent: write one without spaces, like me@example.org.")
    return ""


def _tmdb(console: Console, said: Said) -> str:
    _heading(
        console,
        "TMDB's token",
        "For posters, trailers and where to watch; without one, cards have none of these. Make a free account and copy "
        "the API Read Access Token, the longer of the two, from https://www.themoviedb.org/settings/api\n"
        "Nothing shows while you paste it.",
    )
    token, takes_it = _token(
        console,
        said.get("TMDB_TOKEN"),
        "TMDB",
        services.looks_like_tmdbs,
        services.ask_tmdb,
        unlike="That is not the API Read Access Token: it begins with eyJ. The API Key is another thing.",
        refused="Copy it anew, or take none.",
    )
    if takes_it:
        console.print("[green]TMDB takes it.[/]")
    return token


def _webhook(console: Console, said: Said) -> str:
    _heading(
        console,
        "Being told",
        "Where the bot writes to you if it needs your hand: a backup fails, the disk is nearly full, a token is refused. "
        "In Discord make a channel that only you can see; under Edit Channel, Integrations, Webhooks make a new one, and "
        "copy its URL. Without one, only the log and /admin status tell.\n"
        "Nothing shows while you paste it.",
    )
    while address := _secret(console, "Webhook", said.get("MARQUEE_ALERT_WEBHOOK")):
        if WEBHOOK.fullmatch(address):
            return address
        console.print("That is no webhook's URL: one begins with https://discord.com/api/webhooks/ and is long.")
    return ""


def _token(
    console: Console,
    before: str | None,
    service: str,
    looks_like_one: Callable[[str], bool],
    ask: Callable[[str], T],
    *,
    unlike: str,
    refused: str,
) -> tuple[str, T | None]:
    """A token that the service takes, and its answer, which is false where it refuses one; without the answer where it can't be
    asked. unlike, refused: what to do about a token that is none, and about one that is refused."""
    while token := _secret(console, "Token", before):
        if not looks_like_one(token):
            console.print(unlike)
            continue
        try:
            answer = ask(token)
        except NotReachedError as error:
            console.print(
                f"[yellow]{service} can't be asked now ({escape(str(error))}).[/] The token is kept unchecked."
            )
            return token, None
        if answer:
            return token, answer
        console.print(f"[red]{service} refuses this token.[/] {refused}")
    return "", None


def _secret(console: Console, what: str, before: str | None) -> str:
    """What is pasted, which isn't shown; what there was before, unless it is taken away."""
    default = f"keep the one in {ENV_FILE}; {NONE} takes it away" if before else "none"
    typed = Prompt.ask(f"{what} [cyan]({default})[/]", console=console, password=True, default="", show_default=False)
    token = typed.strip().strip("'\"").removeprefix("Bot ").strip()
    return _kept(token, before)


def _optional(console: Console, what: str, before: str | None) -> str:
    default = f"{escape(before)}; {NONE} takes it away" if before else "none"
    typed = Prompt.ask(f"{what} [cyan]({default})[/]", console=console, default="", show_default=False)
    return _kept(typed.strip(), before)


def _kept(typed: str, before: str | None) -> str:
    return "" if typed == NONE else typed or before or ""


def _tell(console: Console, values: Mapping[str, str], application: Application | None) -> None:
    """What was written, and what comes next."""
    console.print(
        f"\n[bold green]Written[/]: {ENV_FILE}, which only you can read. All other settings: docs/settings.md."
    )
    if over := [name for name, value in values.items() if os.environ.get(name, value) != value]:
        console.print(f"[yellow]The environment says otherwise, and wins over {ENV_FILE}[/]: {', '.join(over)}.")
    if application is not None:
        if application.privileged:
            console.print(
                f"These intents are on and not needed; turn them off under Bot: {', '.join(application.privileged)}."
            )
        console.print("\nAdd the bot to your server:")
        console.print(invite_link(application.id), soft_wrap=True)
    run = "starts the bot" if values["DISCORD_TOKEN"] else "opens the preview in your browser"
    if values["DISCORD_TOKEN"] and application is None:
        run += ", and prints its invite link"
    # With systemd, or where the program was installed, there is no Makefile in the bot's folder.
    steps = {
        "make run" if Path("Makefile").exists() else typed("run"): run,
        typed("doctor"): "says whether all is well",
    }
    width = max(map(len, steps))
    console.print("\nWhat comes next:", *(f"  {step:{width}}  {about}" for step, about in steps.items()), sep="\n")


_CONTACT = TypeAdapter(Annotated[str, *Settings.model_fields["contact"].metadata])
