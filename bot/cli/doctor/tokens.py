"""What needs the network: the tokens, and the clock by Discord's."""

from collections.abc import Iterator

from bot.cli import services
from bot.cli.doctor.findings import Case, Check, Finding, bad, good, warning
from bot.cli.services import Application, NotReachedError

OFF_SECONDS = 5  # by which a clock may be off without anybody noticing
FAR_OFF_SECONDS = 60  # an evening's reminder would be late


def token(case: Case) -> Iterator[Finding]:
    if case.token is None:
        yield warning("There is none, so only the preview runs. make setup asks for it.")
    elif not services.looks_like_discords(case.token):
        yield bad("DISCORD_TOKEN is no bot token. Copy it from the developer portal (Bot, Reset Token): make setup")
    elif isinstance(case.discord, NotReachedError):
        yield warning(f"It looks like one. Discord was not reached: {case.discord}.")
    elif case.discord.application is None:
        yield bad("Discord refuses it. Copy it anew from the developer portal (Bot, Reset Token): make setup")
    else:
        known = case.discord.application
        yield good(f"Discord knows it: {known.name}, application {known.id}.")


def intents(case: Case) -> Iterator[Finding]:
    match case.discord:
        case NotReachedError():
            yield warning("Discord was not reached. None of the privileged intents is needed.")
        case (None, _):
            yield warning("Discord tells them only by a token that it takes. None of the privileged intents is needed.")
        case (Application(privileged=()), _):
            yield good("None of the privileged intents is on; none is needed.")
        case (Application(privileged=on), _):
            yield warning(f"On and not needed: {', '.join(on)}. Turn them off in the developer portal, under Bot.")


def clock(case: Case) -> Iterator[Finding]:
    if isinstance(case.discord, NotReachedError) or case.discord.ahead is None:
        yield warning("Discord was not reached, so it can't be compared.")
        return
    ahead = case.discord.ahead
    off = f"{abs(ahead):,.0f} seconds {'ahead of' if ahead > 0 else 'behind'} Discord's"
    if abs(ahead) <= OFF_SECONDS:
        yield good("It agrees with Discord's.")
    else:
        judge = warning if abs(ahead) <= FAR_OFF_SECONDS else bad
        yield judge(
            f"It is {off}, so evenings begin at the wrong time. Let the system set it: timedatectl set-ntp true"
        )


def tmdb(case: Case) -> Iterator[Finding]:
    secret = case.settings.tmdb_token
    if secret is None:
        yield good("There is no token, so cards have no posters. make setup asks for one.")
        return
    if not services.looks_like_tmdbs(secret.get_secret_value()):
        yield bad("TMDB_TOKEN is not the API Read Access Token, which begins with eyJ. Copy that one: make setup")
        return
    try:
        accepted = services.ask_tmdb(secret.get_secret_value())
    except NotReachedError as error:
        yield warning(f"The token looks like one. TMDB was not reached: {error}.")
        return
    if accepted:
        yield good("TMDB takes the token.")
    else:
        yield bad("TMDB refuses the token, so cards have no posters. Copy it anew: make setup")


CHECKS: dict[str, Check] = {"token": token, "intents": intents, "clock": clock, "TMDB": tmdb}
