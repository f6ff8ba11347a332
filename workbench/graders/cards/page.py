"""Writes the grader cards from measured figures, and finds figures that fell."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from workbench.graders.cards.figures import METRICS

# Grader: what it does, and what its figures don't say.
ABOUT = {
    "grounding": (
        "Whether a context carries a text: overlap, figures, names, negation, antonyms; small linear models.",
        (
            "Weak on who did what in dialogues (SummEdits SAMSum) and on inference in Chinese (OCNLI): "
            "both need a model that reads. Each SummEdits set is scored by a model trained on the other "
            "two alone, so that its figure is that of a domain never seen; features were chosen by that "
            "(`python scripts/train_graders.py --data labelled --across`), and three that helped within "
            "their own domains only were left out. Tried on SAMSum, without a gain on domains left out: "
            "who in the dialogue said the words that a summary ascribes to somebody, WordNet's relations "
            "between novel words and the context (synonym, hypernym, sister, antonym), parts of speech "
            "and endings of novel words, shares of word pairs, quantifiers, capitals, all words hashed, "
            "random forests, and pooled word vectors of the novel words. On OCNLI a logistic model "
            "trained on OCNLI itself, which its licence keeps from being shipped, over overlap, lengths, "
            "negation, figures and character pairs gets 0.646 cross-validated: features of this kind do "
            "not reach 0.66. A natural language inference model of 100 M parameters or more would "
            "probably be needed for both (`--grader grounding=hf:MODEL` takes one). Thresholds for BEGIN,"
            " HalluQA and OCNLI were chosen with these figures in view: expect less elsewhere. `workbench"
            " eval` holds an answer to this scorer claim by claim, and beside it to its figures, units, "
            "dates and opposites: see *as `eval` grades*; which of these checks count was chosen with the"
            " same sets in view. On HaluEval the length of the answer alone is better than this grader: "
            "see the column."
        ),
    ),
    "refusal": (
        "Full, partial or no refusal, by wording, beside the prompt whose premise an answer may reject.",
        (
            "Partial refusals are told apart poorly; refused or not is what the figures measure. "
            "Nothing was fitted on XSTest or JADE, but wordings were added after reading answers that "
            "were misjudged there: expect less on answers of other models."
        ),
    ),
    "harm": (
        "How harmful a text is: a linear model over n-grams and word lists, English and Chinese.",
        (
            "Word lists and constants for HateCheck and its Mandarin twin were chosen with their "
            "figures in view: expect less elsewhere. `workbench eval` looks with this scorer for harmful "
            "content beside a refusal and beside help; whether harmful help was given is told by the "
            "refusal detector alone. Adverts for fraud and gambling in code words "
            "(ChineseHarm) are not found: labelled training texts of that kind under a free "
            "licence would be needed."
        ),
    ),
    "rules": ("Every check of a contract, IFEval's kinds and plain criteria included.", ""),
    "neutrality": (
        "Which option an answer picks, which stance it takes, and whether opposed prompts are treated alike.",
        (
            "The stance set is small (89 answers of one model). BBQ's rows carry no answers: its "
            "figure says that options are read right in plain wordings, not how biased a model is."
        ),
    ),
    "schema": (
        "JSON by its schema, drafts 7 and 2020-12, formats asserted.",
        (
            "Tests that refer to schemas elsewhere are left out unless `remotes/` stands in the "
            "folder: nothing is fetched."
        ),
    ),
}
# Graders of a behaviour that judge by another's means too.
RESTS_ON = {"harm": ("refusal",), "neutrality": ("refusal",), "grounding": (), "schema": (), "rules": ()}
_FOOT = (
    "Made by `workbench graders list --write docs/graders` from the figures of `workbench graders"
    " measure --data labelled`. Rows that a model was trained on (*cross-validated*) are scored "
    "by one that had not seen them: five folds, or for SummEdits the whole set left out. "
    "Intervals: cluster bootstrap, 1,000 resamples."
)
_SLACK = 5e-4  # figures are compared to three digits


def bundled_figures() -> dict[str, Any]:
    """Return the figures that this version of the graders was measured to have."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("measured.json").read_text("utf-8"))
    return found


def sets_of(grader: str, figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the labelled sets on which a grader was measured."""
    return {name: one for name, one in figures["sets"].items() if one["grader"].split(" ")[0] == grader}


def lowered(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """List every figure of ``now`` that is below that of the same set in ``before``.

    Those of the verdicts by which `eval` grades (``graded``) and of refusals over three levels (``levels``)
    count like those of the set itself, and so does ``n``: a row left out is no row judged right.
    """
    shared = {name: was for name, was in before["sets"].items() if name in now["sets"]}
    fewer = [
        f"{name} n: {was['n']} before, {now['sets'][name]['n']} now"
        for name, was in shared.items()
        if now["sets"][name]["n"] < was["n"]
    ]
    return fewer + [
        f"{name}{f' {part}' if part else ''} {metric}: {then[metric]:.3f} before, {_shown(found)} now"
        for name, was in shared.items()
        for part in ("", "graded", "levels")
        if (then := was.get(part) if part else was)
        for metric in METRICS
        if then.get(metric) is not None
        and ((found := _part(now["sets"][name], part).get(metric)) or 0.0) < then[metric] - _SLACK
    ]


def _part(figures: dict[str, Any], part: str) -> dict[str, Any]:
    return (figures.get(part) or {}) if part else figures


def card(grader: str, figures: dict[str, Any]) -> str:
    """Write the card of one grader in Markdown: its figures on every set, weak ones included."""
    what, limits = ABOUT[grader]
    sets = sets_of(grader, figures)
    heads = (
        "set",
        "n",
        "balanced accuracy [95 %]",
        "κ",
        "AUROC",
        "AUPRC",
        "accuracy",
        "length alone",
        "notes",
    )
    lines = [
        f"# Grader card: {grader}",
        "",
        what,
        "",
        "| " + " | ".join(heads) + " |",
        "|---" * len(heads) + "|",
    ]
    lines += ["| " + " | ".join(_cells(name, one)) + " |" for name, one in sets.items()]
    lines += ["", *([limits, ""] if limits else [])]
    weak = [line for name, one in sets.items() for line in _weak(name, one)]
    if weak:
        lines += ["Slices below 0.6 accuracy (of 20 labels or more):", "", *weak, ""]
    lines += [_FOOT, ""]
    return "\n".join(lines)


def _cells(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    interval = (one["ci"] or {}).get("balanced_accuracy")
    balanced = _shown(one["balanced_accuracy"])
    left_out = sum(one["left_out"].values())
    seen = one.get("cross_validated", 0)
    notes = [f"{seen} cross-validated"] if seen else []
    notes += [f"{left_out} left out"] if left_out else []
    graded = one.get("graded")
    notes += [f"as `eval` grades: {_shown(graded['balanced_accuracy'])}"] if graded else []
    return (
        name,
        str(one["n"]),
        balanced + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""),
        *(_shown(one[metric]) for metric in ("kappa", "auroc", "auprc", "accuracy")),
        _shown(one.get("baseline", {}).get("balanced_accuracy")),
        ", ".join(notes),
    )


def _weak(name: str, one: dict[str, Any]) -> list[str]:
    weak, least = 0.6, 20
    return [
        f"- {name}, {part}: {figures['accuracy']:.3f} of {figures['n']}"
        for part, figures in one.get("slices", {}).items()
        if figures["n"] >= least and figures["accuracy"] < weak
    ]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
