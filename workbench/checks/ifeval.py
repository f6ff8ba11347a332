"""Judges the 25 instruction kinds of IFEval (Zhou et al. 2023), to be held beside published figures."""

from __future__ import annotations

import json
import operator
import re
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.checks.ifeval_text import capital_words, count_sentences, is_language
from workbench.records import Case, Grade
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[str, dict[str, Any]], bool]

_RELATIONS: dict[str, Callable[[int, int], bool]] = {"less than": operator.lt, "at least": operator.ge}
_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


class Ifeval(Spec, frozen=True, kw_only=True):
    """An IFEval instruction by its published name, such as ``keywords:frequency``, with its arguments.

    Judged as the reference checker does in its strict mode; an empty answer follows nothing.
    """

    instruction: str
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)

    def __call__(self, case: Case, output: str) -> Grade:
        """Judge the whole answer."""
        del case
        judge = JUDGES.get(self.instruction)
        if judge is None:
            return Grade.unscored(f"no instruction is named {self.instruction!r}")
        return Grade.of(bool(output.strip()) and judge(output, self.arguments))


def _existence(text: str, a: dict[str, Any]) -> bool:
    return all(re.search(re.escape(word), text, re.IGNORECASE) for word in a["keywords"])


def _frequency(text: str, a: dict[str, Any]) -> bool:
    found = len(re.findall(re.escape(a["keyword"]), text, re.IGNORECASE))
    return bool(_RELATIONS[a["relation"]](found, a["frequency"]))


def _forbidden(text: str, a: dict[str, Any]) -> bool:
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in a["forbidden_words"])


def _letters(text: str, a: dict[str, Any]) -> bool:
    found = text.lower().count(str(a["letter"]).lower())
    return bool(_RELATIONS[a["let_relation"]](found, a["let_frequency"]))


def _language(text: str, a: dict[str, Any]) -> bool:
    return is_language(text, a["language"])


def _sentences(text: str, a: dict[str, Any]) -> bool:
    return bool(_RELATIONS[a["relation"]](count_sentences(text), a["num_sentences"]))


def _words(text: str, a: dict[str, Any]) -> bool:
    return bool(_RELATIONS[a["relation"]](len(re.findall(r"\w+", text)), a["num_words"]))


def _paragraphs(text: str, a: dict[str, Any]) -> bool:
    parts = re.split(r"\s?\*\*\*\s?", text)
    inner = [bool(part.strip()) for part in parts[1:-1]]
    filled = sum(bool(part.strip()) for part in parts)
    return all(inner) and bool(filled == a["num_paragraphs"])


def _first_word(text: str, a: dict[str, Any]) -> bool:
    parts = text.split("\n\n")
    filled = sum(bool(part.strip()) for part in parts)
    if filled != a["num_paragraphs"] or a["nth_paragraph"] > filled:
        return False
    words = parts[a["nth_paragraph"] - 1].split()
    if not words:
        return False
    word = re.split(r"[.,?!'\"]", words[0].lstrip("'").lstrip('"'))[0]
    return word.lower() == str(a["first_word"]).lower()


def _placeholders(text: str, a: dict[str, Any]) -> bool:
    return bool(len(re.findall(r"\[.*?\]", text)) >= a["num_placeholders"])


def _postscript(text: str, a: dict[str, Any]) -> bool:
    marker = a["postscript_marker"]
    known = {"P.P.S": r"\s*p\.\s?p\.\s?s.*$", "P.S.": r"\s*p\.\s?s\..*$"}
    pattern = known.get(marker, rf"\s*{re.escape(marker.lower())}.*$")
    return re.search(pattern, text.lower(), re.MULTILINE) is not None


def _bullets(text: str, a: dict[str, Any]) -> bool:
    stars = re.findall(r"^\s*\*[^\*].*$", text, re.MULTILINE)
    dashes = re.findall(r"^\s*-.*$", text, re.MULTILINE)
    return bool(len(stars) + len(dashes) == a["num_bullets"])


def _constrained(text: str, a: dict[str, Any]) -> bool:
    del a
    return any(answer in text for answer in _ANSWERS)


def _highlights(text: str, a: dict[str, Any]) -> bool:
    single = [part for part in re.findall(r"\*[^\n\*]*\*", text) if part.strip("*").strip()]
    double = [part for part in re.findall(r"\*\*[^\n\*]*\*\*", text) if part[2:-2].strip()]
    return bool(len(single) + len(double) >= a["num_highlights"])


def _sections(text: str, a: dict[str, Any]) -> bool:
    splitter = re.escape(a["section_spliter"])
    return len(re.split(rf"\s?{splitter}\s?\d+\s?", text)) > int(a["num_sections"])


def _json(text: str, a: dict[str, Any]) -> bool:
    del a
    body = text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        body = body.removeprefix(fence)
    try:
        json.loads(body.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str, a: dict[str, Any]) -> bool:
    del a
    return any(title.lstrip("<").rstrip(">").strip() for title in re.findall(r"<<[^\n]+>>", text))


def _two_responses(text: str, a: dict[str, Any]) -> bool:
    del a
    parts = text.split("******")
    if not all(part.strip() for part in parts[1:-1]):
        return False
    filled = [part.strip() for part in parts if part.strip()]
    return len(filled) == len(("first", "second")) and filled[0] != filled[1]


def _repeat(text: str, a: dict[str, Any]) -> bool:
    return text.strip().lower().startswith(str(a["prompt_to_repeat"]).strip().lower())


def _end(text: str, a: dict[str, Any]) -> bool:
    return text.strip().strip('"').lower().endswith(str(a["end_phrase"]).strip().lower())


def _capital_words(text: str, a: dict[str, Any]) -> bool:
    return bool(_RELATIONS[a["capital_relation"]](capital_words(text), a["capital_frequency"]))


def _upper(text: str, a: dict[str, Any]) -> bool:
    del a
    return text.isupper() and is_language(text, "en")


def _lower(text: str, a: dict[str, Any]) -> bool:
    del a
    return text.islower() and is_language(text, "en")


def _no_comma(text: str, a: dict[str, Any]) -> bool:
    del a
    return "," not in text


def _quotation(text: str, a: dict[str, Any]) -> bool:
    del a
    body = text.strip()
    return len(body) > 1 and body.startswith('"') and body.endswith('"')


JUDGES: dict[str, Judge] = {
    "keywords:existence": _existence,
    "keywords:frequency": _frequency,
    "keywords:forbidden_words": _forbidden,
    "keywords:letter_frequency": _letters,
    "language:response_language": _language,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": _words,
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": _constrained,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": _repeat,
    "startend:end_checker": _end,
    "startend:quotation": _quotation,
    "change_case:capital_word_frequency": _capital_words,
    "change_case:english_capital": _upper,
    "change_case:english_lowercase": _lower,
    "punctuation:no_comma": _no_comma,
}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(JUDGES, ()),
    "keywords:existence": ("keywords",),
    "keywords:frequency": ("relation", "keyword", "frequency"),
    "keywords:forbidden_words": ("forbidden_words",),
    "keywords:letter_frequency": ("let_relation", "letter", "let_frequency"),
    "language:response_language": ("language",),
    "length_constraints:number_sentences": ("relation", "num_sentences"),
    "length_constraints:number_paragraphs": ("num_paragraphs",),
    "length_constraints:number_words": ("relation", "num_words"),
    "length_constraints:nth_paragraph_first_word": ("num_paragraphs", "nth_paragraph", "first_word"),
    "detectable_content:number_placeholders": ("num_placeholders",),
    "detectable_content:postscript": ("postscript_marker",),
    "detectable_format:number_bullet_lists": ("num_bullets",),
    "detectable_format:number_highlighted_sections": ("num_highlights",),
    "detectable_format:multiple_sections": ("num_sections", "section_spliter"),
    "combination:repeat_prompt": ("prompt_to_repeat",),
    "startend:end_checker": ("end_phrase",),
    "change_case:capital_word_frequency": ("capital_relation", "capital_frequency"),
}
