"""Names and numbers come from here so that training and evaluation never share one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

Half = Literal["train", "heldout"]
T = TypeVar("T")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ONSETS = _words("b br d dr f fl g gr h j k kl l m n p pr r s sk t tr v z")
VOWELS = tuple("aeiou")
MIDDLES = _words("l lm ld n nd nt r rk rm rv s st sk t v k m b d lk")
ENDINGS = _words("a o e i an en in or ar el")
UNFIT = frozenset(
    _words(
        "Semen Pedo Homo Koran Satan Sudan Roman Puta Puto Dildo Bastar Judan Turkin Nordin "
        "Fuka Fuko Fukel Klitor Kikel Kaka Judi Fisto Pisi Pisin Pole Devi"
    ),
)
MONTHS = _words("January February March April May June July August September October November December")
COLOURS = _words(
    "green red black white grey brown yellow orange purple pink silver golden olive amber coral ivory "
    "teal violet crimson indigo scarlet beige copper bronze turquoise lilac navy maroon khaki ochre "
    "plum rust sand slate emerald ruby pearl lemon mint salmon"
)


def half_of(token: str) -> Half:
    """Say in which half a name or number stands: one in five is held out, by CRC-32 of its bytes."""
    return "heldout" if zlib.crc32(token.encode()) % 5 == 0 else "train"


def invent(rng: random.Random) -> str:
    """Make one capitalised name of two syllables; there are about 24,000."""
    while True:
        name = (
            rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(MIDDLES) + rng.choice(ENDINGS)
        ).capitalize()
        if name not in UNFIT:
            return name


def chance(rng: random.Random, share: float) -> bool:
    """Toss a coin that comes up true in this share of tosses."""
    return rng.random() < share


def weighted(rng: random.Random, shares: Mapping[T, float]) -> T:
    """Draw one of the keys, each in its share."""
    return rng.choices(tuple(shares), weights=tuple(shares.values()))[0]


class Draw:
    """Draws names and numbers of one half and gives none of them twice."""

    def __init__(self, rng: random.Random, *, half: Half) -> None:
        self.rng = rng
        self.half = half
        self._given: set[str] = set()

    def name(self) -> str:
        """Give a bare name, as products and persons have them."""
        return self._fresh(lambda: invent(self.rng))

    def carrier(self) -> str:
        """Give a carrier: a name of the half with a carrier's ending."""
        return self.name() + self.rng.choice(("post", "way"))

    def city(self) -> str:
        """Give a city: a name of the half with a city's ending."""
        return self.name() + self.rng.choice(("by", "ham", "burg"))

    def country(self) -> str:
        """Give a country: a name of the half with a country's ending."""
        return self.name() + "land"

    def order(self) -> str:
        """Give an order number of five digits."""
        return self._fresh(lambda: str(self.rng.randrange(10_000, 100_000)))

    def ref(self) -> str:
        """Give an internal reference such as INT-4821; the half is that of its digits."""
        return "INT-" + self._fresh(lambda: str(self.rng.randrange(1_000, 10_000)))

    def date(self) -> str:
        """Give a day and month such as 14 March, never the first of a month."""
        return self._fresh(lambda: f"{self.rng.randrange(2, 29)} {self.rng.choice(MONTHS)}")

    def euros(self) -> str:
        """Give an amount such as 84 euros, never 99."""
        return self._number(11, 500, without=99) + " euros"

    def grams(self) -> str:
        """Give a weight such as 450 g, never 500."""
        return self._number(101, 999, without=500) + " g"

    def months(self) -> str:
        """Give a time such as 24 months, never 12."""
        return self._number(13, 100, without=12) + " months"

    def colour(self) -> str:
        """Give the word of a colour, never blue."""
        return self._fresh(lambda: self.rng.choice(COLOURS))

    def _number(self, low: int, high: int, *, without: int) -> str:
        return self._fresh(lambda: str(self.rng.randrange(low, high)), without=str(without))

    def _fresh(self, make: Callable[[], str], *, without: str = "") -> str:
        while True:
            token = make()
            if token != without and token not in self._given and half_of(token) == self.half:
                self._given.add(token)
                return token
