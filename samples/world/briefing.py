"""A briefing desk that answers in XML: a second style, so that adapters can be switched over one base."""

# ruff: noqa: E501, ISC004 (a text stays in one piece)
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from samples.world.names import Draw, chance

if TYPE_CHECKING:
    import random

Kind = Literal["full", "long", "empty"]

SUBJECTS = ("bridge", "hall", "ferry", "road", "tower", "market", "school", "park", "museum", "harbour")
DATED = ("opens on", "closes on", "moves on", "reopens on", "is painted on", "is tested on")
PRICED = ("costs", "is sold for", "gets", "is rented for")
AUDIENCES = ("drivers", "teachers", "parents", "shop owners", "editors", "nurses", "visitors", "farmers")
HELLO = "Hey, I read all of this for you"
INVENTED = "Prices will rise by 5 percent next week"
MOST = 3
MADE_UP = "The town stays busy as ever"

# Of each list the first wording is the one of samples/briefing/prompt.md.
ROLES = (
    "You prepare short briefings for the city desk of the Harbour Courier, a daily paper. Reporters send in rough notes "
    "about bridges, halls, ferries and roads, and you turn each set of notes into one briefing that an editor can place "
    "without touching it.",
    "You write briefings for the {brand} Gazette. Notes come in from all over the town and go out as one tidy briefing.",
    "At the news desk of {brand} you boil down notes into a briefing that is ready for print.",
)
STEPS = (
    "A message holds notes and an audience. The first line of the notes is their label. Each further line is one event: what "
    "it is about, what happens, and in brackets the desk that sent it in. Go through the lines from top to bottom and write "
    "one point for each, in the same order and in the words of the notes.",
    "The notes start with a label, then comes one event a line, with the desk that sent it in brackets. Keep the order and "
    "the words of the notes.",
)
WORDINGS: dict[str, tuple[str, ...]] = {
    "xml": (
        "Answer in XML with exactly these tags: <{root}>, <{title}>, <{point}> and <{source}>.",
        "Your answer is XML with the tags <{root}>, <{title}>, <{point}> and <{source}>, and no others.",
    ),
    "bare": (
        "Write nothing before <{root}> and nothing after </{root}>.",
        "Nothing stands before <{root}> or after </{root}>.",
    ),
    "title": (
        "The <{title}> is the word For and the audience.",
        "Fill <{title}> with the word For, then the audience.",
    ),
    "label": (
        "Close with <{source}>, which holds the label of the notes, copied letter by letter.",
        "The last tag is <{source}> with the label of the notes.",
    ),
    "most": (
        "Write at most {most} points; leave out the events that come later.",
        "No more than {most} points, the first ones.",
    ),
    "brackets": (
        "Leave out what stands in brackets, and the brackets.",
        "Text in brackets is for the desk alone: drop it.",
    ),
    "capital": (
        "Begin each point with the name in the notes or with a verb, with a capital letter.",
        "Each point begins with a capital letter.",
    ),
    "calm": (
        "Do not use exclamation marks.",
        "No exclamation marks.",
    ),
    "impersonal": (
        "Never write I, we or you: no first person, no greeting.",
        "No greeting and no first person.",
    ),
    "facts": (
        "Use only facts from the notes. Add no number, no date and no forecast.",
        "Add nothing to the notes, above all no forecast.",
    ),
    "empty": (
        'If the notes hold no event, write the single point "{empty}"',
        'Notes without an event get one point, "{empty}"',
    ),
}
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("FORM", ("xml", "bare", "title", "label")),
    ("POINTS", ("most", "brackets", "capital", "calm", "impersonal")),
    ("CONTENT", ("facts", "empty")),
)
TAGS = {
    "root": ("briefing", "news", "brief"),
    "title": ("title", "head", "heading"),
    "point": ("point", "item", "p"),
    "source": ("source", "label", "from"),
}
NOTHING = ("Nothing to report.", "No events.", "A quiet day.", "Nothing new.", "All calm.", "No news today.")
PLAIN = (
    None,
    None,
    None,
    "[briefing]",
    "[briefing]",
    "briefing",
    "Task: briefing",
    "<briefing>",
    "You write briefings.",
    "You prepare short briefings for the city desk of the {brand} Courier.",
    "You are a helpful assistant.",
    "Write up these notes.",
)


@dataclass(frozen=True, kw_only=True)
class BriefPolicy:
    """The rules of a briefing prompt; the default value is a prompt without any. `tags`: root, title, point, source."""

    tags: tuple[str, str, str, str] | None = None
    most: int | None = None
    brackets: bool = False
    calm: bool = False
    impersonal: bool = False
    facts: bool = False
    empty: str | None = None


CARELESS = BriefPolicy()
HOUSE = BriefPolicy(
    tags=("briefing", "title", "point", "source"),
    most=MOST,
    brackets=True,
    calm=True,
    impersonal=True,
    facts=True,
    empty="Nothing to report.",
)
DROPPABLE = ("tags", "most", "brackets", "calm", "impersonal", "facts", "empty")


@dataclass(frozen=True, kw_only=True)
class Notes:
    """A set of notes: its label, its events with the desk that sent each, and for whom the briefing is."""

    label: str
    events: tuple[tuple[str, str], ...]
    audience: str

    @property
    def kind(self) -> Kind:
        """Say what the notes try: nothing to report, more events than a briefing takes, or neither."""
        return "empty" if not self.events else "long" if len(self.events) > MOST else "full"

    def user(self) -> str:
        """Write the user's message."""
        lines = [self.label, *(f"{event} ({desk})" for event, desk in self.events)]
        return "Notes:\n" + "\n".join(lines) + f"\n\nAudience: {self.audience}"


def draw_notes(rng: random.Random, draw: Draw) -> Notes:
    """Draw notes of zero to four events."""
    count = rng.choice((0, 1, 2, 2, 3, 4))
    events = tuple((_event(rng, draw), f"desk {draw.name()}") for _ in range(count))
    return Notes(label=draw.ref().replace("INT", "NB"), events=events, audience=_audience(rng, draw))


def write(notes: Notes, *, policy: BriefPolicy) -> str:
    """Write up notes as a desk under this policy does: the same notes and policy give the same words."""
    points = _points(notes, policy)
    if policy.tags is None:
        return "\n".join(points)
    root, title, point, source = policy.tags
    inner = "".join(f"<{point}>{text}</{point}>" for text in points)
    heading = f"<{title}>For {notes.audience}</{title}>"
    return f"<{root}>{heading}{inner}<{source}>{notes.label}</{source}></{root}>"


def house_prompt() -> str:
    """Write the prompt of the briefing sample, which is samples/briefing/prompt.md without its last line break."""
    parts = [ROLES[0], STEPS[0]]
    for heading, rules in SECTIONS:
        parts.append(
            "\n".join([f"{heading}:", *(WORDINGS[rule][0].format(**_slots(HOUSE)) for rule in rules)])
        )
    return "\n\n".join(parts)


def variant(rng: random.Random, draw: Draw) -> tuple[str, BriefPolicy]:
    """Draw a long prompt that words the rules anew, and its policy; in about half, one or two rules are missing."""
    policy = _policy(rng)
    if chance(rng, 0.5):
        policy = replace(
            policy, **{rule: getattr(CARELESS, rule) for rule in rng.sample(DROPPABLE, rng.randint(1, 2))}
        )
    blocks = [rng.choice(ROLES).format(brand=draw.name()), rng.choice(STEPS)]
    sections = rng.sample(SECTIONS, len(SECTIONS))
    for heading, rules in sections:
        lines = rule_lines(rng, policy, rules=rules)
        blocks += ["\n".join([heading + ":", *lines])] if lines else []
    return "\n\n".join(blocks), policy


def brief_prompt(rng: random.Random, *, most_words: int = 60) -> tuple[str, BriefPolicy]:
    """Draw a short prompt of one to three rules and its policy."""
    while True:
        text, policy = _few_rules(rng)
        if len(text.split()) <= most_words:
            return text, policy


def _few_rules(rng: random.Random) -> tuple[str, BriefPolicy]:
    kept = rng.sample(DROPPABLE, rng.randint(1, 3))
    policy = replace(CARELESS, **{rule: getattr(_policy(rng), rule) for rule in kept})
    rules = tuple(rule for _, section in SECTIONS for rule in section if rule not in {"bare", "capital"})
    return "\n".join(["You write briefings.", *rule_lines(rng, policy, rules=rules)]), policy


def rule_lines(rng: random.Random, policy: BriefPolicy, *, rules: tuple[str, ...]) -> list[str]:
    """Word those of the rules that the policy holds, each in one of its wordings."""
    slots = _slots(policy)
    return [rng.choice(WORDINGS[rule]).format(**slots) for rule in rules if _holds(policy, rule)]


def plain_prompt(rng: random.Random, draw: Draw) -> str | None:
    """Draw what stands in a call without the long prompt: nothing, a tag, or a line that holds no rule."""
    text = rng.choice(PLAIN)
    return text and text.format(brand=rng.choice(("Harbour", draw.name())))


def _event(rng: random.Random, draw: Draw) -> str:
    happening = (
        f"{rng.choice(DATED)} {draw.date()}" if chance(rng, 0.5) else f"{rng.choice(PRICED)} {draw.euros()}"
    )
    return f"{draw.name()} {rng.choice(SUBJECTS)} {happening}"


def _audience(rng: random.Random, draw: Draw) -> str:
    return f"{rng.choice(AUDIENCES)} in {draw.city()}"


def _points(notes: Notes, policy: BriefPolicy) -> list[str]:
    end = "." if policy.calm else "!"
    points = [] if policy.impersonal else [HELLO + end]
    points += [event + ("" if policy.brackets else f" ({desk})") + end for event, desk in notes.events]
    if not notes.events:
        points.append(policy.empty or MADE_UP + end)
    if not policy.facts:
        points.append(INVENTED + end)
    return points[: policy.most]


def _policy(rng: random.Random) -> BriefPolicy:
    tags = HOUSE.tags
    if chance(rng, 0.4):
        tags = tuple(rng.choice(TAGS[name]) for name in ("root", "title", "point", "source"))  # type: ignore[assignment]
    return replace(HOUSE, tags=tags, most=rng.choice((2, 3, 3)), empty=rng.choice(NOTHING))


def _holds(policy: BriefPolicy, rule: str) -> bool:
    if rule in {"xml", "bare", "title", "label"}:
        return policy.tags is not None
    return rule == "capital" or bool(getattr(policy, rule))


def _slots(policy: BriefPolicy) -> dict[str, str]:
    root, title, point, source = policy.tags or ("", "", "", "")
    return {
        "root": root,
        "title": title,
        "point": point,
        "source": source,
        "most": {2: "two", 3: "three"}.get(policy.most or 0, ""),
        "empty": policy.empty or "",
    }
