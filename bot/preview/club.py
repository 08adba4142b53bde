"""The film club that lives in the preview: its members, their faces, and what they rated before the bot came."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from simcord import ChannelHandle, MemberActor, UserHandle
from simcord.backend.cdn import CDN_BASE
from simcord.backend.models import User

from bot import emojis
from bot.app import Marquee
from bot.preview.live import LiveEnv

SEEDED = "the film club has its ratings"
FACE = 160  # pixels
BOT_COLOUR = "#e0a030"


@dataclass(frozen=True)
class Member:
    """`id` is Discord's, and fixed: the database outlives the simulation. `ratings`: a film's label -> stars."""

    id: int
    name: str
    colour: str
    ratings: dict[str, float]


YOU = Member(
    id=400_000_000_000_000_001,
    name="You",
    colour="#5865f2",
    ratings={
        "The Matrix (1999)": 5,
        "Amelie (2001)": 4.5,
        "Blade Runner (1982)": 5,
        "The Princess Bride (1987)": 4.5,
        "Titanic (1997)": 2.5,
        "Pulp Fiction (1994)": 4,
        "Spirited Away (2001)": 4.5,
        "Twister (1996)": 2,
        "Groundhog Day (1993)": 4.5,
        "The Lord of the Rings: The Fellowship of the Ring (2001)": 4,
        "Batman & Robin (1997)": 1,
        "Casablanca (1942)": 4,
    },
)
MIA = Member(
    id=400_000_000_000_000_002,
    name="Mia",
    colour="#d5458d",
    ratings={
        "The Sound of Music (1965)": 5,
        "Titanic (1997)": 5,
        "Moulin Rouge (2001)": 4.5,
        "Alien (1979)": 1.5,
        "Pretty Woman (1990)": 4.5,
        "Chicago (2002)": 5,
        "Sleepless in Seattle (1993)": 4.5,
        "Reservoir Dogs (1992)": 1.5,
        "Dirty Dancing (1987)": 5,
        "My Fair Lady (1964)": 4.5,
        "Bridget Jones's Diary (2001)": 4,
        "The Terminator (1984)": 2,
    },
)
TOM = Member(
    id=400_000_000_000_000_003,
    name="Tom",
    colour="#2f9e63",
    ratings={
        "Aliens (1986)": 5,
        "Terminator 2: Judgment Day (1991)": 5,
        "Star Wars: Episode V - The Empire Strikes Back (1980)": 5,
        "Sense and Sensibility (1995)": 2,
        "Die Hard (1988)": 4.5,
        "Inception (2010)": 5,
        "Predator (1987)": 4.5,
        "The English Patient (1996)": 1.5,
        "The Fifth Element (1997)": 4.5,
        "Total Recall (1990)": 4,
        "Jurassic Park (1993)": 4,
        "Pretty Woman (1990)": 2,
    },
)
CHLOE = Member(
    id=400_000_000_000_000_004,
    name="Chloé",
    colour="#c4701c",
    ratings={
        "Citizen Kane (1941)": 5,
        "Casablanca (1942)": 5,
        "Rear Window (1954)": 4.5,
        "Independence Day (1996)": 1.5,
        "Cinema Paradiso (1989)": 5,
        "The Third Man (1949)": 4.5,
        "Mulholland Drive (2001)": 4.5,
        "Armageddon (1998)": 1,
        "Taxi Driver (1976)": 4.5,
        "2001: A Space Odyssey (1968)": 5,
        "Annie Hall (1977)": 4.5,
        "Lost in Translation (2003)": 4,
    },
)
CLUB = (YOU, MIA, TOM, CHLOE)


def found(env: LiveEnv) -> tuple[ChannelHandle, list[MemberActor]]:
    """Make the server, its channel and its members; give the channel and the members."""
    env.backend.bot_user.name, env.backend.bot_user.avatar = "Marquee", "face"
    users = [_user(env, member) for member in CLUB]
    guild = env.create_guild("Film club", owner=users[0])
    channel = guild.create_text_channel("movie-night", topic="Good films, and which of them we'll watch together")
    return channel, [guild.add_member(user) for user in users]


def _user(env: LiveEnv, member: Member) -> UserHandle:
    user = User(env.backend.reserve_id(member.id), member.name.lower(), global_name=member.name, avatar="face")
    env.backend.users[user.id] = user
    return UserHandle(env, user)


def faces(env: LiveEnv) -> dict[str, tuple[str, bytes]]:
    """Address -> file name and PNG, for everyone's picture."""
    faces = {member.id: _face(member.colour, member.name[0]) for member in CLUB}
    faces[env.backend.bot_user.id] = _face(BOT_COLOUR, "M")
    return {f"{CDN_BASE}/avatars/{user}/face.png": ("face.png", png) for user, png in faces.items()}


def stars(env: LiveEnv) -> dict[str, tuple[str, bytes]]:
    """The same for the bot's emojis, which are made here: simcord doesn't keep the pictures of those that a bot makes."""
    made = [(env.backend.create_application_emoji(name).id, share) for name, share in emojis.SHARES.items()]
    return {f"{CDN_BASE}/emojis/{emoji}.png": ("star.png", emojis.picture(share)) for emoji, share in made}


def _face(colour: str, letter: str) -> bytes:
    image = Image.new("RGB", (FACE, FACE), colour)
    font = ImageFont.load_default(FACE * 0.55)
    ImageDraw.Draw(image).text((FACE / 2, FACE / 2), letter, fill="white", anchor="mm", font=font)
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


async def seed(bot: Marquee) -> None:
    """Store the club's ratings, once in a database's life: what a member changes or deletes stays as they left it."""
    if await bot.store.get_meta(SEEDED):
        return
    catalogue = bot.serving.recommender.catalogue
    for member in CLUB:
        for label, stars in reversed(member.ratings.items()):  # the first of them is the newest
            if (film := catalogue.by_label(label)) is not None:
                await bot.store.rate(member.id, film.id, stars, bot.now())  # not before the model learned without them
    await bot.store.set_meta(SEEDED, "yes")
