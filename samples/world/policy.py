"""What a prompt asks of an answer, as a value: each rule adds or removes one part of the answer."""

# ruff: noqa: E501 (a text stays in one piece)
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samples.world.cases import Case, Kind, Topic

GREETING = "Sure thing"
CLOSING = "We love to hear from you, so write again any time you like, and have a truly great day out there with all your gear"
PROMISES: dict[Topic, str] = {
    "delivery": "Most parcels arrive within 3 days",
    "product": "All our goods last for 50 years",
    "billing": "You also get 10 percent off",
    "other": "We solve everything within 2 hours",
}


@dataclass(frozen=True, kw_only=True)
class Output:
    """The JSON object an answer has to be: its three keys and the words of its two lists."""

    keys: tuple[str, str, str] = ("status", "topic", "reply")
    statuses: dict[Kind, str] = field(
        default_factory=lambda: {
            "answered": "answered",
            "unknown": "unknown",
            "need_order": "need_order",
            "refused": "refused",
            "neutral": "neutral",
        }
    )
    topics: dict[Topic, str] = field(
        default_factory=lambda: {
            "delivery": "delivery",
            "product": "product",
            "billing": "billing",
            "other": "other",
        }
    )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The rules of a support prompt; the default value is a prompt without any.

    `phrases` holds the fixed words for cases that have no answer; a case whose phrase is missing is answered carelessly.
    """

    output: Output | None = None
    opening: str | None = None
    words: int | None = None
    english: bool = False
    no_exclaim: bool = False
    hide_ids: bool = False
    grounded: bool = False
    phrases: dict[Kind, str] = field(default_factory=dict)


CARELESS = Policy()
HOUSE = Policy(
    output=Output(),
    opening="Nordwind here.",
    words=30,
    english=True,
    no_exclaim=True,
    hide_ids=True,
    grounded=True,
    phrases={
        "unknown": "That is not in my notes.",
        "need_order": "Which order number is it?",
        "refused": "I cannot help with that.",
        "neutral": "I take no side on that.",
    },
)


def answer(case: Case, *, policy: Policy) -> str:
    """Answer a case as a desk under this policy does: the same case and policy give the same words."""
    text = _reply(case, policy)
    if policy.output is None:
        return text
    status, topic, reply = policy.output.keys
    kind: Kind = case.kind if case.kind in policy.phrases else "answered"
    shown = {status: policy.output.statuses[kind], topic: policy.output.topics[case.topic], reply: text}
    return json.dumps(shown, ensure_ascii=False)


def _reply(case: Case, policy: Policy) -> str:
    end = "." if policy.no_exclaim else "!"
    phrase = policy.phrases.get(case.kind)
    parts = [policy.opening or GREETING + end, case.body or phrase or case.careless.replace("!", end)]
    if case.ref and not policy.hide_ids:
        parts.append(f"It is filed under {case.ref}{end}")
    if not policy.grounded and phrase is None and case.kind not in {"refused", "neutral"}:
        parts.append(PROMISES[case.topic] + end)
    if policy.words is None:
        parts.append(CLOSING + end)
    return " ".join(parts)
