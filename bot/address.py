"""Where a PostgreSQL database is, told without its password."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

SCHEMES = ("postgresql", "postgres")
EXAMPLE = "postgresql://user:password@host/name"
# What a server is asked to do so that it notices within a minute that a machine is gone without a word, and frees its locks: the
# system's own limits are hours. The last, in milliseconds, is for what was sent to it and not taken.
KEEPALIVE = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


@dataclass(frozen=True)
class Address:
    """As text it has no password. Nobody reads `url`, which may have one."""

    url: str = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Self | None:
        """None for what is meant as a file. Raises ValueError, which repeats nothing of it, for what can't be an address."""
        if "://" not in text:
            return None
        try:
            parts = urlsplit(text)
            _ = parts.port
            # An @ in the path is one that follows a / in the password.
            is_whole = parts.scheme in SCHEMES and bool(parts.path.strip("/")) and "@" not in parts.path
        except ValueError:
            is_whole = False
        if not is_whole or any(map(str.isspace, text)):
            raise ValueError(
                f"it is no address of a database: write one like {EXAMPLE}. In the password, write %40 for @, %2F for /, "
                "%3A for :, %23 for # and %25 for %"
            )
        return cls(text)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        account, at, host = parts.netloc.rpartition("@")
        # The folder of a socket of this machine stands there.
        hosts = "".join(f"?host={folder}" for folder in parse_qs(parts.query).get("host", []))
        return f"postgresql://{account.partition(':')[0]}{at}{host}{parts.path}{hosts}"

    def secrets(self) -> list[str]:
        """What of it nobody may read."""
        parts = urlsplit(self.url)
        written = [parts.password or "", *parse_qs(parts.query).get("password", [])]
        return [*filter(None, {*written, *map(unquote, written)})]


def located(place: str | Path | Address) -> Path | Address:
    """The file or the address that it means. Raises ValueError as `Address.of` does."""
    return (Address.of(place) or Path(place)) if isinstance(place, str) else place
