"""Trains the model that tells the kinds of the parts of prompts.

    python scripts/train_spans.py [--folds 3 [--set fifth]]

It learns from what was written for this project: ``scripts/span_wording`` (sentences and headings by kind)
and the gold prompts of ``tests/convert/gold`` that may be looked at. Those with ``half: held`` of the second
and later sets are never read. Weights go to ``workbench/convert/weights/spans.npz``; with ``--folds``,
nothing is written, and the accuracy on prompts of ``--set`` left out in turn is printed.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "convert"), str(ROOT / "scripts")]

from goldspans import gold, unseen  # noqa: E402
from span_chain import KINDS, PLACE, Chain, fit, packed  # noqa: E402

from workbench.contracts import Span  # noqa: E402
from workbench.convert import segment as segmenting  # noqa: E402
from workbench.convert.measure_spans import compare_spans, span_figures  # noqa: E402
from workbench.convert.segment_features import Features, features, of_heading, of_sentence  # noqa: E402
from workbench.convert.segment_units import units  # noqa: E402
from workbench.text import has_han  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.contracts import SpanKind
    from workbench.convert.segment_learnt import Learnt

# A sentence with choices is drawn so often as its longest list of choices is long, times this; its draws
# weigh less the more they are.
_TURNS, _DRAWN = 2, 0.25
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
# What of a prompt is left out in its copies, and how much each copy weighs: else the model would lean on
# the cues and headings, which fit prompts that were looked at better than others.
_COPIES: tuple[tuple[tuple[str, ...], float], ...] = (
    ((), 0.5), (("cues",), 0.5), (("headings",), 0.5), (("cues", "headings"), 0.5),
)  # fmt: skip
_CUES, _HEADINGS = ("cue ", "above ", "title "), ("heading ", "outer ", "label ", "title ")
# The first four sets are by the author of the cues, the others by hands that knew neither cues nor code; the
# sixth and seventh are so large that they would drown the rest.
_SET_WEIGHTS = {"fifth": 3.0, "sixth": 0.1, "seventh": 0.6, "composed": 0.2}
_OTHER_SETS, _WORDING = 0.5, 2.0
# Prompts composed of drawn sentences: how many, how often each kind comes, and how they begin and end.
_COMPOSED, _ROLE_FIRST, _INPUT_LAST = 600, 0.6, 0.4
_SHARES = {"procedure": 3.0, "format": 1.5, "style": 1.5, "fact": 1.5, "language": 0.5, "neutrality": 0.5}


def drawn(line: str) -> list[str]:
    """Draw sentences from one with choices ("(a|b) c"), always the same, so that each choice comes up."""
    choices = [match.group(1).split("|") for match in _CHOICE.finditer(line)]
    if not choices:
        return [line]
    random = np.random.default_rng(zlib.crc32(line.encode()))
    n = max(map(len, choices)) * _TURNS
    picks = [[c[i] for _ in range(-(-n // len(c))) for i in random.permutation(len(c))][:n] for c in choices]
    out = []
    for pick in zip(*picks, strict=True):
        rest = iter(pick)
        out.append(" ".join(_CHOICE.sub(lambda _, rest=rest: next(rest), line).split()))
    return out


def wording() -> list[Chain]:
    """Read sentences and headings of ``span_wording``, each a chain of one; rare kinds weigh more."""
    out: list[Chain] = []
    for path in sorted((ROOT / "scripts" / "span_wording").glob("*.txt")):
        kind = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                kind = line.strip("[]")
            elif kind and line:
                describe = of_heading if line.startswith("# ") else of_sentence
                texts = drawn(line.removeprefix("# "))
                out += [
                    Chain(units=[describe(text)], kinds=[PLACE[kind]], weight=len(texts) ** -_DRAWN)
                    for text in texts
                ]
    return _balanced(out)


def composed(n: int) -> list[Chain]:
    """Compose ``n`` prompts of drawn sentences, so that lists and paragraphs of mixed kinds are seen."""
    sentences, headings = _by_language_and_kind()
    random = np.random.default_rng(7)
    rows = []
    for i in range(n):
        han = i % 2 == 1
        text, spans = "", []
        for kind in _order(random):
            piece = _piece(random, sentences[han, kind], headings[han, kind])
            start = len(text)
            text += piece
            spans.append(Span(start=start, end=len(text), kind=kind))
        rows.append(_Composed(prompt=text.rstrip(), spans=tuple(spans)))
    return prompts(rows)


@dataclass(frozen=True, kw_only=True)
class _Composed:
    prompt: str
    spans: tuple[Span, ...]
    set: str = "composed"


def _order(random: np.random.Generator) -> list[SpanKind]:
    inner = [kind for kind in KINDS if kind not in {"input", "example"}]
    share = np.array([_SHARES.get(kind, 1.0) for kind in inner])
    picks = random.choice(len(inner), size=int(random.integers(1, 9)), p=share / share.sum())
    order = [inner[i] for i in picks]
    if random.random() < _ROLE_FIRST:
        order.insert(0, "role")
    if random.random() < _INPUT_LAST:
        order += ["context", "input"] if random.random() < _INPUT_LAST else ["input"]
    return order


def _piece(random: np.random.Generator, sentences: list[str], headings: list[str]) -> str:
    """Lay some sentences of one kind out: as a list, one after the other, or under a heading."""
    texts = [sentences[i] for i in random.integers(0, len(sentences), size=int(random.integers(1, 4)))]
    form = random.choice(["line", "lines", "list", "numbered", "paragraph", "headed"])
    if form == "headed" and headings:
        return f"\n## {headings[random.integers(0, len(headings))]}\n" + "".join(
            f"- {text}\n" for text in texts
        )
    if form in {"list", "headed"}:
        return "".join(f"- {text}\n" for text in texts)
    if form == "numbered":
        return "".join(f"{i}. {text}\n" for i, text in enumerate(texts, start=1))
    if form == "lines":
        return "".join(f"{text}\n" for text in texts)
    stopped = [
        text if text[-1] in ".!?。！？}" else text + ("。" if has_han(text) else ".") for text in texts
    ]
    return " ".join(stopped) + (" " if form == "line" else "\n\n")


def _by_language_and_kind() -> tuple[Any, Any]:
    sentences: dict[tuple[bool, str], list[str]] = defaultdict(list)
    headings: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for chain in wording():
        unit, kind = chain.units[0], KINDS[chain.kinds[0]]
        text, into = (unit.text, sentences) if unit.text else (unit.heading, headings)
        into[has_han(text), kind].append(text)
    return sentences, headings


def _balanced(chains: list[Chain]) -> list[Chain]:
    count: Counter[int] = Counter()
    for chain in chains:
        count[chain.kinds[0]] += chain.weight
    even = count.total() / len(KINDS)
    return [
        replace(chain, weight=chain.weight * _WORDING * (even / count[chain.kinds[0]]) ** 0.5)
        for chain in chains
    ]


def prompts(rows: Iterable[Any]) -> list[Chain]:
    """Cut labelled prompts into chains of units with their kinds, each with its copies."""
    out: list[Chain] = []
    for row in rows:
        cut = units(row.prompt)
        labels = [""] * len(row.prompt)
        for span in row.spans:
            labels[span.start : span.end] = [span.kind] * (span.end - span.start)
        kinds = [PLACE[Counter(filter(None, labels[u.start : u.end])).most_common(1)[0][0]] for u in cut]
        found = features(row.prompt, cut)
        for without, weight in _COPIES:
            copy = [_without(unit, without) for unit in found]
            out.append(Chain(units=copy, kinds=kinds, weight=weight * _SET_WEIGHTS.get(row.set, _OTHER_SETS)))
    return out


def _without(unit: Features, parts: tuple[str, ...]) -> Features:
    """Return a copy without its cues, or without what its headings say."""
    gone = _CUES * ("cues" in parts) + _HEADINGS * ("headings" in parts)
    named = {name: value for name, value in unit.named.items() if not name.startswith(gone or ("\0",))}
    if "headings" not in parts:
        return replace(unit, named=named)
    return replace(unit, named=named, heading="", outer="")


def measured(model: Learnt, rows: Iterable[Any]) -> Counter[tuple[str, str]]:
    """Count the words of ``rows`` by labelled kind and by what ``model`` finds."""
    segmenting.load_learnt = lambda: model  # type: ignore[assignment]
    out: Counter[tuple[str, str]] = Counter()
    for row in rows:
        out.update(compare_spans(row.prompt, row.spans, segmenting.segment(row.prompt)))
    return out


def main() -> None:
    """Train and write, or measure by folds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folds", type=int, default=0, help="measure on prompts left out in turn; write nothing"
    )
    parser.add_argument(
        "--set", default="fifth", help="the set whose prompts are left out (default: %(default)s)"
    )
    given = parser.parse_args()
    rows, words = [row for row in gold() if not unseen(row)], [*wording(), *composed(_COMPOSED)]
    if not given.folds:
        target = ROOT / "workbench/convert/weights/spans.npz"
        np.savez_compressed(target, **packed(fit([*words, *prompts(rows)])))
        print(f"{target}: {target.stat().st_size} bytes")
        return
    total: Counter[tuple[str, str]] = Counter()
    for fold in range(given.folds):
        out = [row for row in rows if row.set == given.set][fold :: given.folds]
        total += measured(fit([*words, *prompts(row for row in rows if row not in out)]), out)
    found = span_figures(total)
    print(f"accuracy {found['accuracy']:.3f}  macro F1 {found['macro_f1']:.3f}  words {found['n']}")


if __name__ == "__main__":
    main()
