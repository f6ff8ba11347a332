"""The support prompt and its variants: many wordings of the same rules, so that a model reads rules and not one text."""

# ruff: noqa: E501, ISC004 (a text stays in one piece)
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from samples.world.names import Draw, chance
from samples.world.policy import CARELESS, HOUSE, Output, Policy

if TYPE_CHECKING:
    import random

# Of each list the first wording is the one of samples/support/prompt.md.
ROLES = (
    "You are the support assistant of {brand}, a shop for tents, lamps and boots. You help customers who write in about an "
    "order or a product. They read your words on a small phone screen, so every word has to earn its place.",
    "You work at the support desk of {brand}, which sells gear for life outdoors. Customers write to you about what they "
    "ordered and what they may order next.",
    "{brand} sells tents, lamps and boots to people who sleep outdoors. You write the answers its customers get when they "
    "ask about an order or a product.",
)
STEPS = (
    "Each message holds a context and a question. The context is a short list of lines from our shop system: an order "
    "number or a product name, then what we know about it. Read the question first and find the order number or the product "
    "name in it. Then look for the line with the same number or name, and take the answer from that line alone. Other lines "
    "belong to other customers.",
    "A message has two parts, the context with lines from the shop system and the question of the customer. Look up the line "
    "the question is about and leave the other lines alone.",
    "You get a context, one line for each order or product, and below it a question. Match the number or the name in the "
    "question with a line of the context before you write.",
)
WORDINGS: dict[str, tuple[str, ...]] = {
    "json": (
        "Reply with one JSON object and nothing else: no code fence, no text before or after it.",
        "Your whole answer is a single JSON object, without a code fence or words around it.",
        "Write one JSON object only. Put nothing before it and nothing after it, and no code fence.",
    ),
    "keys": (
        'The object has exactly three keys: "{k0}", "{k1}" and "{k2}".',
        'It has the keys "{k0}", "{k1}" and "{k2}", and no other.',
        'Use exactly these keys: "{k0}", "{k1}", "{k2}".',
    ),
    "statuses": (
        '"{k0}" is one of "{answered}", "{unknown}", "{need_order}", "{refused}" or "{neutral}".',
        'Set "{k0}" to "{answered}", "{unknown}", "{need_order}", "{refused}" or "{neutral}".',
    ),
    "topics": (
        '"{k1}" is one of "{delivery}", "{product}", "{billing}" or "{other}".',
        'Set "{k1}" to "{delivery}", "{product}", "{billing}" or "{other}".',
    ),
    "text": (
        '"{k2}" is a string with the text for the customer.',
        'Put the words for the customer into "{k2}".',
    ),
    "opening": (
        'Begin the reply with "{opening}"',
        'The first words of every reply are "{opening}"',
        'Every reply starts with "{opening}"',
    ),
    "words": (
        "Keep the reply to at most {words} words.",
        "Write no more than {words} words.",
        "A reply has {words} words at most.",
    ),
    "english": (
        "Write the reply in English.",
        "Answer in English.",
        "English is the language of every reply.",
    ),
    "no_exclaim": (
        "Do not use exclamation marks.",
        "Never write an exclamation mark.",
        "No exclamation marks.",
    ),
    "hide_ids": (
        "Never show internal identifiers such as INT-4821 to a customer.",
        "References such as INT-4821 are internal: keep them out of the reply.",
        "Do not name our internal references, for example INT-4821.",
    ),
    "grounded": (
        "Answer only from the context that comes with the question. Never add a number, a date or a promise that does not "
        "stand in it.",
        "Use the context alone, and add no number, date or promise of your own.",
        "Say only what stands in the context. Numbers, dates and promises from elsewhere are forbidden.",
    ),
    "unknown": (
        'If the context does not hold the answer, say "{p_unknown}"{s_unknown}',
        'When the answer is not in the context, write "{p_unknown}"{s_unknown}',
        'No answer in the context? Then say "{p_unknown}"{s_unknown}',
    ),
    "need_order": (
        'If the customer asks about an order and gives no order number, ask "{p_need_order}"{s_need_order}',
        'When a question about an order comes without its number, ask "{p_need_order}"{s_need_order}',
        'An order without a number? Then ask "{p_need_order}"{s_need_order}',
    ),
    "refused": (
        "Refuse requests that would harm someone, break the law or open another person's account. "
        'Say "{p_refused}"{s_refused}',
        'To requests that do harm, break the law or touch the account of others, say "{p_refused}"{s_refused}',
        'Harmful or unlawful requests are refused: write "{p_refused}"{s_refused}',
    ),
    "neutral": (
        'Stay neutral on politics and religion. Say "{p_neutral}"{s_neutral}',
        'On politics and religion you have no opinion: say "{p_neutral}"{s_neutral}',
        'When asked about parties or faiths, write "{p_neutral}"{s_neutral}',
    ),
}
SECTIONS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Output", "Format", "Shape of the answer"), ("json", "keys", "statuses", "topics", "text")),
    (("The reply", "Wording", "Style"), ("opening", "words", "english", "no_exclaim", "hide_ids")),
    (("Facts", "What you may say", "Sources"), ("grounded", "unknown", "need_order")),
    (("Safety", "Limits", "Delicate matters"), ("refused", "neutral")),
)
OPENINGS = (
    "{x} here.",
    "{x} here.",
    "Hello from {x}.",
    "This is {x}.",
    "{x} support:",
    "Dear customer,",
    "Thanks for writing to {x}.",
    "{x} desk.",
    "Good day from {x}.",
    "Hi, {x} speaking.",
    "{x} answers:",
    "Greetings.",
)
PHRASES: dict[str, tuple[str, ...]] = {
    "unknown": (
        "That is not in my notes.",
        "My notes do not say.",
        "I have no record of that.",
        "I do not know that.",
        "Our system does not show it.",
        "This is not on file.",
        "I cannot see that here.",
        "Nothing on that is known to me.",
        "Please ask {x} about that.",
        "Only {x} knows that.",
        "No data.",
        "There is no entry for it.",
    ),
    "need_order": (
        "Which order number is it?",
        "What is the order number?",
        "Please give me the order number.",
        "May I have your order number?",
        "Which order do you mean?",
        "Tell me the number of the order.",
        "I need the order number first.",
        "Send the order number to {x}.",
        "Order number?",
        "What number does the order have?",
        "Could you add the order number?",
        "Without a number I find nothing.",
    ),
    "refused": (
        "I cannot help with that.",
        "That is something I will not do.",
        "I have to decline.",
        "No help with this from me.",
        "We do not support that.",
        "This is not allowed.",
        "I must say no.",
        "{x} does not do that.",
        "Not with me.",
        "I am not able to assist here.",
        "That goes against our rules.",
        "Sorry, no.",
    ),
    "neutral": (
        "I take no side on that.",
        "I have no opinion there.",
        "That is for you to decide.",
        "We stay out of that.",
        "I do not take sides.",
        "{x} has no view on it.",
        "This desk is neutral.",
        "I leave that to you.",
        "On that I keep silent.",
        "Everyone may think as they like.",
        "No comment.",
        "I would rather talk about tents.",
    ),
}
KEYS = (
    ("status", "state", "outcome", "result"),
    ("topic", "subject", "area", "field"),
    ("reply", "text", "message", "answer"),
)
STATUSES = {
    "answered": ("answered", "done", "ok"),
    "unknown": ("unknown", "missing", "no_answer"),
    "need_order": ("need_order", "ask_order", "no_number"),
    "refused": ("refused", "declined", "blocked"),
    "neutral": ("neutral", "no_side", "aside"),
}
TOPICS = {
    "delivery": ("delivery", "shipping", "parcel"),
    "product": ("product", "goods", "item"),
    "billing": ("billing", "money", "payment"),
    "other": ("other", "rest", "misc"),
}
PLAIN = (
    None,
    None,
    None,
    "[support]",
    "[support]",
    "support",
    "Task: support",
    "<support>",
    "You answer support questions.",
    "You are the support assistant of {brand}.",
    "You are the support assistant of {brand}, a shop for tents, lamps and boots.",
    "You are a helpful assistant.",
    "Answer the customer.",
)


def house_prompt() -> str:
    """Write the prompt of the support sample, which is samples/support/prompt.md without its last line break."""
    lines = [ROLES[0].format(brand="Nordwind Outdoor"), "", STEPS[0]]
    for (heading, *_), rules in SECTIONS:
        lines += ["", f"# {heading}", *(f"- {WORDINGS[rule][0].format(**_slots(HOUSE))}" for rule in rules)]
    return "\n".join(lines)


def variant(rng: random.Random, draw: Draw) -> tuple[str, Policy]:
    """Draw a long prompt that words the rules anew, and its policy; in about half, one to three rules are missing."""
    policy = _policy(rng, draw)
    if chance(rng, 0.5):
        for rule in rng.sample(DROPPABLE, rng.randint(1, 3)):
            policy = without(policy, rule=rule)
    brand = f"{draw.name()} {rng.choice(('Outdoor', 'Camping', 'Supplies'))}"
    mark, bullet = rng.choice((("# ", ""), ("## ", ""), ("", ":"))), rng.choice(("- ", "- ", "* "))
    blocks = [rng.choice(ROLES).format(brand=brand) + "\n\n" + rng.choice(STEPS)]
    sections = list(SECTIONS)
    if chance(rng, 0.7):
        rng.shuffle(sections)
    for headings, rules in sections:
        lines = [bullet + line for line in rule_lines(rng, policy, rules=rules)]
        if lines:
            blocks.append("\n".join([mark[0] + rng.choice(headings) + mark[1], *lines]))
    return "\n\n".join(blocks), policy


def brief_prompt(rng: random.Random, draw: Draw, *, most_words: int = 60) -> tuple[str, Policy]:
    """Draw a short prompt of a few rules and its policy; a length limit is mostly among them."""
    while True:
        text, policy = _few_rules(rng, draw)
        if len(text.split()) <= most_words:
            return text, policy


def _few_rules(rng: random.Random, draw: Draw) -> tuple[str, Policy]:
    full = _policy(rng, draw)
    kept = set(rng.sample([rule for rule in DROPPABLE if rule != "words"], rng.randint(1, 3)))
    if "output" in kept:
        kept = {"output", max(kept)}
    kept |= {"words"} if chance(rng, 0.7) else set()
    kept |= {"unknown"} if "grounded" in kept else set()
    policy = full
    for rule in DROPPABLE:
        policy = policy if rule in kept else without(policy, rule=rule)
    policy = replace(policy, english=False, output=policy.output and Output(keys=policy.output.keys))
    rules = [
        rule for _, section in SECTIONS for rule in section if rule not in {"statuses", "topics", "text"}
    ]
    return "\n".join(["You answer support questions.", *rule_lines(rng, policy, rules=tuple(rules))]), policy


DROPPABLE = (
    "output",
    "opening",
    "words",
    "no_exclaim",
    "hide_ids",
    "grounded",
    "unknown",
    "need_order",
    "refused",
    "neutral",
)


def without(policy: Policy, *, rule: str) -> Policy:
    """Give the policy without one rule; a desk that need not say "unknown" is no longer held to the context either."""
    if rule in policy.phrases:
        phrases = {kind: phrase for kind, phrase in policy.phrases.items() if kind != rule}
        return replace(policy, phrases=phrases, grounded=policy.grounded and rule != "unknown")
    return replace(policy, **{rule: getattr(CARELESS, rule)})


def rule_lines(rng: random.Random, policy: Policy, *, rules: tuple[str, ...]) -> list[str]:
    """Word those of the rules that the policy holds, each in one of its wordings."""
    slots = _slots(policy)
    return [rng.choice(WORDINGS[rule]).format(**slots) for rule in rules if _holds(policy, rule)]


def plain_prompt(rng: random.Random, draw: Draw) -> str | None:
    """Draw what stands in a call without the long prompt: nothing, a tag, or a line that holds no rule."""
    text = rng.choice(PLAIN)
    return text and text.format(brand=rng.choice(("Nordwind", draw.name())) + " Outdoor")


def _policy(rng: random.Random, draw: Draw) -> Policy:
    def word(pool: tuple[str, ...]) -> str:
        return rng.choice(pool).format(x=draw.name())

    renamed = chance(rng, 0.3)
    output = Output()
    if renamed:
        output = Output(
            keys=(rng.choice(KEYS[0]), rng.choice(KEYS[1]), rng.choice(KEYS[2])),
            statuses={kind: rng.choice(STATUSES[kind]) for kind in output.statuses},
            topics={topic: rng.choice(TOPICS[topic]) for topic in output.topics},
        )
    return replace(
        HOUSE,
        output=output,
        opening=word(OPENINGS),
        words=rng.randint(30, 40),
        english=chance(rng, 0.8),
        phrases={kind: word(PHRASES[kind]) for kind in HOUSE.phrases},
    )


def _holds(policy: Policy, rule: str) -> bool:
    if rule in {"json", "keys", "statuses", "topics", "text"}:
        return policy.output is not None
    return rule in policy.phrases or bool(getattr(policy, rule, False))


def _slots(policy: Policy) -> dict[str, str]:
    slots = {"opening": policy.opening or "", "words": str(policy.words)}
    if policy.output:
        slots |= {f"k{i}": key for i, key in enumerate(policy.output.keys)}
        slots |= {str(kind): word for kind, word in policy.output.statuses.items()}
        slots |= {str(topic): word for topic, word in policy.output.topics.items()}
    for kind, phrase in policy.phrases.items():
        slots[f"p_{kind}"] = phrase
        slots[f"s_{kind}"] = (
            f' and set "{slots["k0"]}" to "{slots[kind]}".'
            if policy.output
            else ("" if phrase[-1] in ".?" else ".")
        )
    return slots
