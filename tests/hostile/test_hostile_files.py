import pytest

from tests.hostile.corpus import corpus
from tests.hostile.jobs import prepared
from tests.hostile.trial import judge, run_all

# Each of these once ended in a trace, took minutes, filled the memory, or let a control character through.
BROKE = (
    "answer-angle.jsonl",
    "answer-digits.jsonl",
    "answer-one-word.jsonl",
    "base-tokenizer-deep",
    "bytes-unicode-lines.jsonl",
    "contract-id-escape.yaml",
    "contract-schema-deep.yaml",
    "pairs-conflict.jsonl",
    "parquet-binary.parquet",
    "parquet-time.parquet",
    "policy-deep-flow.yaml",
    "prompt-if.md",
    "prompt-unclosed-fence.md",
    "recipe-deep-block.yaml",
    "run-manifest-deep",
    "template-division",
    "template-doubling",
    "template-format",
    "template-recursion",
)


def test_the_corpus_is_large_and_its_names_are_unlike():
    names = [item.name for item in corpus()]
    assert len(names) >= 300
    assert set(BROKE) <= set(names)


@pytest.mark.parametrize(
    ("code", "seconds", "size", "shown"),
    [
        (70, 0.1, 0, "error"),
        (None, 0.0, 0, ""),
        (2, 0.1, 0, "Traceback (most recent call last)"),
        (2, 0.1, 0, " \n"),
        (0, 1000.0, 0, ""),
        (0, 0.1, 1 << 40, ""),
        (0, 0.1, 0, "\x1b[31m"),
        (0, 0.1, 0, "\x9b31m"),
    ],
)
def test_what_no_command_may_do_is_seen(code, seconds, size, shown):
    assert judge("file", ["verb"], code, seconds, size, shown).faults


def test_a_refusal_with_a_word_is_no_fault():
    assert not judge("file", ["verb"], 2, 0.1, 0, "error file:1\n  found\ta byte\n").faults


def test_hostile_files_are_read_or_refused(tmp_path):
    jobs = prepared(tmp_path, names=BROKE) + prepared(tmp_path, every=40)
    found = {f"{one.name}: {' '.join(one.command[:2])}": one for one in run_all(jobs, folder=tmp_path)}
    assert len(found) >= 60
    assert not {name: (one.faults, one.shown[-300:]) for name, one in found.items() if one.faults}
