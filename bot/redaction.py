"""Secrets, kept out of whatever is written or told."""

import re
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "[secret]"
SHORTEST = 8  # characters: what is shorter is no token, and stands in many words

# What is secret wherever it comes from. The group `before` is kept.
_PATTERNS = [
    re.compile(pattern)
    for pattern in (
        r"(?P<before>/(?:webhooks|interactions)/\d+/)[^\s/?#'\"<>]+",  # the address is all that it takes to write there
        r"(?P<before>)aW50ZXJhY3Rpb246[\w+/=-]+",  # an interaction's token: "interaction:" in base64
        r"(?P<before>[Aa]uthorization\W{1,6}(?:\w+\s)?)[\w.~+/=-]+",  # the header
        r"(?P<before>\b(?:Bot|Bearer)\s)[\w.~+/=-]{20,}",  # what is in it
        r"(?P<before>)\b[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}",  # a bot's token, also one that is no longer set
        r"(?P<before>)\beyJ[\w-]+\.[\w-]+\.[\w-]+",  # a JSON Web Token, such as TMDB's
        r"(?P<before>://)[^\s/@]+(?=@)",  # a name and a password in an address
        r"(?P<before>[?&](?:api_key|access_token|token|key|password)=)[^\s&#'\"<>]+",
    )
]


class Redactor:
    """Replaces secrets in a text: those it is told of, in whatever text, and what looks like one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Of an address the last part alone is secret too.
        parts = {part for secret in secrets for part in (secret, secret.rpartition("/")[2])}
        forms = {form for part in parts if len(part) >= SHORTEST for form in (part, quote(part, safe=""))}
        self._told = [re.compile(re.escape(form)) for form in sorted(forms, key=len, reverse=True)]

    def __call__(self, text: str) -> str:
        for secret in self._told:
            text = secret.sub(HIDDEN, text)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<before>{HIDDEN}", text)
        return text
