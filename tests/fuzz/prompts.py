"""Prompts: the segmenter, the compiler of rules, templates and their compact forms, masks and escapes."""

from functools import cache

from tests.fuzz.target import ROOT, Target, laid, law, parts_of, seeds_of, text_of
from workbench.checks import compile_contract, dump_contract, load_contract
from workbench.cli.screen import json_line, plain
from workbench.convert import CompactForm, Fitted, LiveTemplates, compact, induce
from workbench.convert.compile_ifeval import read_instructions
from workbench.convert.examples import worked_examples
from workbench.convert.infer import infer
from workbench.records import Case, LogRecord, Message, Source
from workbench.review.masking import Mask

_CASE = Case(id="a", behaviour="b", slots={"question": "Where is it?", "context": "Nothing."})


def _prompt(data: bytes) -> None:
    text = text_of(data)
    found = infer(text, template_id="t", task="task")
    held, at = 0, 0
    for span in found.spans:
        law(at <= span.start < span.end <= len(text), f"spans that overlap, or are empty: {span}")
        law(not text[at : span.start].strip(), "text that is in no span")
        held, at = held + span.end - span.start, span.end
    law(not text[at:].strip(), "text after the last span")
    for rule in found.contract.rules:
        law(rule.text in text, f"a rule that the prompt doesn't say: {rule.text!r}")
    rules = compile_contract(found.contract)
    law(len({rule.id for rule, _ in rules}) == len(rules), "two rules of one id")
    written = dump_contract(found.contract)
    law(
        load_contract(laid("inferred.yaml", written.encode())) == found.contract,
        "the contract is read otherwise",
    )
    for _, check in rules:
        if check is not None:
            check(_CASE, "Yes. 好的。")
    worked_examples(text)
    read_instructions(text)


@cache
def _prompts() -> tuple[bytes, ...]:
    own = [
        (ROOT / "samples" / name / "prompt.md").read_bytes() for name in ("support", "chinese", "briefing")
    ]
    return (*own, *seeds_of("prompt"))


def _templates(data: bytes) -> None:
    """Induce templates from the texts as systems and users; every prompt comes back, live too."""
    texts = parts_of(data, 9)
    records = [
        LogRecord(
            prompt=(Message(role="system", content=texts[n]), Message(role="user", content=texts[n + 1])),
            completion=(Message(role="assistant", content="a"),),
            source=Source(file="log", line=n + 1, record=n),
            id=f"r{n}",
        )
        for n in range(8)
    ]
    found = induce(records)
    for form in (CompactForm(), CompactForm(form="none", context="internalize")):
        live = LiveTemplates(found.templates, form)
        for record, (at, slots) in zip(records, found.assigned, strict=True):
            template, values = found.templates[at], {slot.name: slot.value for slot in slots}
            law(template.render(values) == record.prompt, "the long prompt doesn't come back")
            short = compact(template, values, form)
            fitted = live(record.prompt)
            law(
                not isinstance(fitted, Fitted) or fitted.template != template.id or fitted.prompt == short,
                "live and logged, it is compacted otherwise",
            )


def _template_seeds():
    rule, close = "Answer from the context only.\nBe brief.\n", "\nThank you."
    yield "\x1f".join(
        f"{rule}<context>\nOrder {n * 37}\n</context>{close}" if n % 2 else rule for n in range(9)
    ).encode()
    yield "\x1f".join(f"背景：{n * n}\n问题：第{n}个？" for n in range(9)).encode()


def _mask(data: bytes) -> None:
    one, other = parts_of(data, 2)
    mask = Mask(one, other)
    hidden, further = mask.hide(one), mask.hide(other)
    law(mask.restore(hidden) == one, "what was hidden doesn't come back")
    law(mask.restore(further) == other, "what was hidden doesn't come back")


def _shown(data: bytes) -> None:
    for raw in (text_of(data), data.decode("latin-1")):
        for said in (plain(raw), json_line({"a": raw})):
            bad = [c for c in said if (ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) <= 0x9F]
            law(not bad, f"a terminal would obey {bad[:3]!r}")


_MASKED = (
    "Mail ann.lee@example.com or +49 170 1234567, card 4111 1111 1111 1111, "
    "key sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9\x1f电话 13800138000"
)
TARGETS = (
    Target("prompt", _prompt, _prompts, most=20_000, seconds=6),
    Target("templates", _templates, _template_seeds),
    Target("mask", _mask, lambda: [_MASKED.encode()]),
    Target("terminal", _shown, lambda: [b"a\x1b[31mb\x9b2J\xc2\x9b\r\n\tc"]),
)
