"""Changes that no test can notice, or should: each with the line it is made in, and the reason."""

from pathlib import Path
from typing import NamedTuple

from tests.mutants.mutations import Mutation

_SEED = "another base of the digits that a seed is read from: other draws of the same law"
_SPEED = "where one exact method takes over from another: the results are the same"


class Equivalent(NamedTuple):
    """A change by its module, its line without indentation, and what it does; ``why`` it changes nothing."""

    module: str
    line: str
    what: str
    why: str


EQUIVALENTS = (
    Equivalent(
        "workbench.evaluation.paired",
        'rng = np.random.default_rng(int(content_id("flip", str(seed)), 16))',
        "16 → 17",
        _SEED,
    ),
    Equivalent(
        "workbench.evaluation.paired",
        "adjusted, worst = [1.0] * len(ps), 0.0",
        "1.0 → 2.0",
        "every place is written before the list is returned",
    ),
    Equivalent(
        "workbench.evaluation.biases",
        "rng = np.random.default_rng(int(content_id(str(method.seed), BEHAVIOUR), 16))",
        "16 → 17",
        _SEED,
    ),
    Equivalent(
        "workbench.evaluation.noise",
        'rng = np.random.default_rng(int(content_id("noise", str(method.seed), name, arm), 16))',
        "16 → 17",
        _SEED,
    ),
    Equivalent(
        "workbench.evaluation.paired",
        "if whole and moved.sum() * len(moved) <= EXACT_POINTS * 10 and moved.sum() <= EXACT_POINTS:",
        "10 → 11",
        _SPEED,
    ),
    Equivalent(
        "workbench.convert.align",
        'cut = least.rfind("\\n", 0, max(size - _MARGIN, 0))',
        "0 → 1",
        "an end shorter than 4,000 characters isn't set aside, so that one of 0 or 1 is none either",
    ),
    Equivalent(
        "workbench.convert.align",
        "_MARGIN = 400",
        "400 → 401",
        "one character less is set aside and aligned with the rest instead, with the same outcome",
    ),
    Equivalent(
        "workbench.convert.align",
        "if characters is not None and sum(map(len, inner)) > characters:",
        "Gt → GtE",
        "just as many characters as are allowed: as many texts as there are, so that all are taken",
    ),
    Equivalent(
        "workbench.convert.align",
        "if i > out[-1][0] and j > out[-1][1] and i < len(first.atoms) and j < len(other.atoms):",
        "Lt → LtE",
        "a run that ends a text ends the other too: either both places lie behind their texts or neither",
    ),
    Equivalent(
        "workbench.convert.live",
        'last = max((i for i, m in enumerate(prompt) if m.role == "user"), default=-1)',
        "1 → 2",
        "any number below zero says that there is none",
    ),
    Equivalent(
        "workbench.convert.tasks",
        "_ROW_GROUP = 20_000",
        "20000 → 20001",
        "how many rows are held at a time: the tables say the same",
    ),
    Equivalent(
        "workbench.convert.prune",
        "_GONE = -2",
        "2 → 3",
        "any mark but -1 says that a place is not the first: nothing else is read of one that is gone",
    ),
    Equivalent(
        "workbench.convert.prune",
        "_GONE = -2",
        "minus left out",
        "any mark but -1 says that a place is not the first: nothing else is read of one that is gone",
    ),
    Equivalent(
        "workbench.convert.induce",
        "last: int = 0",
        "0 → 1",
        "it is set with every prompt that is counted, before anybody reads it",
    ),
    Equivalent(
        "workbench.convert.prune",
        "at = self._before[at] if at >= 0 else -1",
        "0 → 1",
        "nothing stands before the first place: -1 either way",
    ),
    Equivalent(
        "workbench.convert.prune",
        "at = self._before[at] if at >= 0 else -1",
        "GtE → Gt",
        "nothing stands before the first place: -1 either way",
    ),
    Equivalent(
        "workbench.convert.prune",
        "return self._after[at] < 0",
        "Lt → LtE",
        "the first place stands behind no other",
    ),
    Equivalent(
        "workbench.convert.prune",
        "if after >= 0:",
        "0 → 1",
        "the first place stands behind no other",
    ),
    Equivalent(
        "workbench.convert.prune",
        "if after >= 0:",
        "GtE → Gt",
        "the first place stands behind no other",
    ),
    Equivalent(
        "workbench.convert.prune",
        "return False",
        "returns None",
        "it is only asked whether a segment is weak, and nothing is as false as False",
    ),
    Equivalent(
        "workbench.similarity.shingle_kernels",
        "if lead < _ONE_BYTE:",
        "Lt → LtE",
        "the byte 0x80 begins no character of UTF-8",
    ),
    Equivalent(
        "workbench.checks.quantities",
        "return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name.casefold()[:3]))",
        "3 → 4",
        "what is read as a month (jan, june, sept …) is the beginning of its name to the last letter",
    ),
    Equivalent(
        "workbench.similarity.near",
        "rebanded, known = 0, np.full((2, rows.size), -1, np.int64)",
        "2 → 3",
        "room for a third line that nobody reads or writes",
    ),
    Equivalent(
        "workbench.similarity.nearest",
        "_CELLS = 20_000_000  # likenesses held at a time",
        "20000000 → 20000001",
        "how much is held at a time: the results are the same",
    ),
    Equivalent(
        "workbench.similarity.nearest",
        "step = max(1, _CELLS // max(len(rows[0]), 1))",
        "1 → 2",
        "how much is held at a time: the results are the same",
    ),
    Equivalent(
        "workbench.similarity.overlap",
        "banding = Banding.reaching(_COPIES, recall=0.99, num_perm=128, max_bucket=2000, seed=0)",
        "128 → 129",
        "another draw of bands that reaches the same recall",
    ),
    Equivalent(
        "workbench.similarity.shingles",
        'out = desk.array("out", data.size // 2 + 2 * texts.len() + 2, np.uint64)',
        "FloorDiv → Mult",
        "more room than is needed",
    ),
    Equivalent(
        "workbench.similarity.shingles",
        "PIECE = 2048",
        "2048 → 2049",
        "how many rows are cut at a time: the results are the same",
    ),
    Equivalent(
        "workbench.similarity.shingles",
        "if len(waiting) > 3 * size:",
        "Gt → GtE",
        "how many pieces are held at a time: the results are the same",
    ),
    Equivalent(
        "workbench.similarity.shingles",
        "for code in (*range(_ASCII, 0x1100), *range(0x2010, 0x2030), *range(0x3001, 0xA000)):",
        "8240 → 8241",
        "the per mille sign is what folding makes of it, so that its text may be folded or not",
    ),
    Equivalent(
        "workbench.similarity.shingle_kernels",
        "while at > 0 and values[at - 1] > value:",
        "Gt → GtE",
        "equal hashes change places, and nobody can tell which is which",
    ),
    Equivalent(
        "workbench.similarity.banding",
        "_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)",
        "11400714819323198485 → 11400714819323198486",
        "another number to mix hashes with: rows that agree in both bands still meet, and no others",
    ),
    Equivalent(
        "workbench.similarity.kernels",
        "if min(left, right) / max(left, right) < threshold:",
        "min → max",
        "sets of too different sizes are told before they are counted: counting tells the same",
    ),
    Equivalent(
        "workbench.similarity.kernels",
        "if min(left, right) / max(left, right) < threshold:",
        "Div → Mult",
        "sets of too different sizes are told before they are counted: counting tells the same",
    ),
    Equivalent(
        "workbench.similarity.kernels",
        "count += wanted[k] and seen[keys[k] & mask] > 1",
        "Gt → GtE",
        "which rows are looked at more closely: those that share no key are left out there",
    ),
    Equivalent(
        "workbench.similarity.shingle_kernels",
        "if beyond < _ONE_BYTE:",
        "Lt → LtE",
        "a text beyond ASCII has a byte of 0xC2 or more, so that its bits together are never 0x80",
    ),
)


def equivalent(mutation: Mutation, file: Path) -> str:
    """Return why nothing can notice a change, or nothing."""
    line = file.read_text().splitlines()[mutation.line - 1].strip()
    held = {(one.module, one.line, one.what): one.why for one in EQUIVALENTS}
    return held.get((mutation.module, line, mutation.what), "")
