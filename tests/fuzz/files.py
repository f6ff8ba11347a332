"""Readers of files: logs and tables, recipes, contracts, policies, suites, and what other verbs wrote."""

import io
import json
from functools import cache

import polars as pl
import yaml

from tests.fuzz.target import ROOT, Target, laid, law, scratch, seeds_of, text_of
from workbench.adapters.registry import read_registry
from workbench.checks import dump_contract, load_contract
from workbench.convert import ConvertOptions, convert, read_templates
from workbench.evaluation.imports.read import import_cases
from workbench.evaluation.labels import read_labels
from workbench.evaluation.replayed import read_replay
from workbench.evaluation.suites import dump_suite, load_suite
from workbench.evaluation.usage import read_prices
from workbench.gate.baseline import read_baseline
from workbench.gate.datapolicy import read_data_policy
from workbench.gate.policy import read_policy
from workbench.graders.judge import read_rubric
from workbench.io.dataset import read_dataset
from workbench.io.decisions import read_decisions
from workbench.io.evaltexts import read_eval_texts
from workbench.io.frames import frame_to_pairs, pairs_to_frame, read_pairs
from workbench.io.readers import iter_logs, iter_part, parts_of, read_logs, survey_logs
from workbench.io.tokenizer import WordTokenizer
from workbench.io.yamlfile import YamlError, read_yaml
from workbench.knowledge.documents import read_library
from workbench.pipeline.improve.plan import read_plan
from workbench.recipe import read_recipe

_SUPPORT = ROOT / "samples" / "support"


@cache
def log_lines() -> bytes:
    """Return some calls of the sample."""
    lines = (_SUPPORT / "logs.jsonl").read_bytes().splitlines(keepends=True)[:6]
    return b"".join(lines)


def _logs() -> list[bytes]:
    rows = [json.loads(line) for line in log_lines().splitlines()]
    return [log_lines(), *seeds_of("log"), json.dumps(rows[:2]).encode()]


def tables():
    for rows in ([{"question": "a?", "answer": "b."}] * 3, [json.loads(x) for x in log_lines().splitlines()]):
        held = io.BytesIO()
        pl.DataFrame(rows).write_parquet(held)
        yield held.getvalue()
        held = io.BytesIO()
        pl.DataFrame(rows).write_parquet(held, compression="uncompressed", statistics=False)
        yield held.getvalue()


def _read_log(data: bytes) -> None:
    path = laid("log", data)
    read = read_logs([path])
    law(read.rows == len(read.records) + len(read.rejects), "rows were lost")
    logs = survey_logs([path])
    whole = list(iter_logs(logs))
    parts = [one for part in parts_of(logs) for one in iter_part(part)]
    law(whole == parts, "parts of the log hold something else than the whole")
    for record in read.records:
        (record.prompt[0].content + record.completion[-1].content if record.completion else "").encode()


def _convert(data: bytes) -> None:
    out = scratch() / "converted"
    told = convert([laid("log", data)], out, options=ConvertOptions(), tokenizer=WordTokenizer(), workers=1)
    pairs = read_pairs(out / "pairs.parquet")
    rejects = (out / "rejects.jsonl").read_text("utf-8").splitlines()
    law(
        told["in"] == told["pairs"] + len(rejects),
        f"{told['in']} rows in, {told['pairs']} + {len(rejects)} out",
    )
    _, templates = read_templates(out)
    for pair in frame_to_pairs(pairs):
        law(pair.template_id in templates, "a pair without its template")
        templates[pair.template_id].render(pair.slot_values)


def _read_pairs(data: bytes) -> None:
    found = read_dataset(laid("pairs", data))
    again = pairs_to_frame(frame_to_pairs(found.frame))
    law(again.height == found.frame.height, "pairs were lost")


def _pairs():
    held = io.BytesIO()
    read = read_logs([laid("log", log_lines())])
    from workbench.io.pairrows import pairs_of_records

    pairs_of_records(read.records).write_parquet(held)
    yield held.getvalue()
    yield from _logs()


def _yaml(data: bytes) -> None:
    try:
        value = read_yaml(text_of(data))
    except YamlError as error:
        law(str(error.problem or error).strip(), "an error without a word")
        return
    try:
        plain = yaml.safe_load(text_of(data))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return
    law(repr(plain) == repr(value), "the library reads it otherwise")


def _contract(data: bytes) -> None:
    contract = load_contract(laid("contract.yaml", data))
    again = load_contract(laid("again.yaml", dump_contract(contract).encode()))
    law(again == contract, "written and read again, it is another contract")


def _suite(name: str):
    def read(data: bytes) -> None:
        cases = load_suite(laid(name, data))
        again = load_suite(laid(f"again-{name}", dump_suite(cases, about={}, name=name).encode()))
        law(again == cases, "written and read again, it is another suite")

    return read


def _configs() -> list[bytes]:
    own = [(_SUPPORT / name).read_bytes() for name in ("recipe.yaml", "policy.yaml")]
    return [*own, *seeds_of("configuration")]


def rules() -> bytes:
    """Return a contract with a rule for most checks."""
    whole = (ROOT / "tests" / "hostile" / "jobs.py").read_text()
    return whole.split('_CONTRACT = """\\\n')[1].split('"""')[0].encode()


def _suites():
    yield b"".join(
        (ROOT / "evals" / "schema" / "support.en.jsonl").read_bytes().splitlines(keepends=True)[:4]
    )
    yield b"".join((ROOT / "evals" / "bias" / "general.zh.jsonl").read_bytes().splitlines(keepends=True)[:4])


def _yaml_suites():
    for raw in _suites():
        yield yaml.safe_dump({"version": 1, "cases": [json.loads(x) for x in raw.splitlines()]}).encode()


def _several(*readers):
    """Give one file to several readers; each may refuse it."""
    from workbench.errors import UserError

    def read(data: bytes) -> None:
        for name, reader in readers:
            try:
                reader(laid(name, data))
            except UserError as error:
                law(error.findings, "a refusal without a word")

    return read


def _documents(data: bytes) -> None:
    for suffix in (".md", ".html", ".jsonl"):
        library = read_library([laid(f"document{suffix}", data)], max_words=200)
        law(len({chunk.id for chunk in library.chunks}) == len(library.chunks), "a chunk stands twice")


_CONFIG = _several(
    ("recipe.yaml", read_recipe),
    ("policy.yaml", read_policy),
    ("data-policy.yaml", read_data_policy),
    ("rubric.yaml", read_rubric),
    ("plan.yaml", read_plan),
    ("prices.yaml", read_prices),
)
_OF_RUNS = _several(
    ("baseline.json", read_baseline),
    ("adapters.json", read_registry),
    ("labels.jsonl", read_labels),
    ("decisions.jsonl", read_decisions),
    ("completions.jsonl", read_replay),
    ("templates.json", read_templates),
    ("evals.jsonl", lambda path: read_eval_texts([path])),
)
_IMPORTS = _several(*((f"cases{suffix}", import_cases) for suffix in (".yaml", ".json", ".jsonl", ".csv")))


TARGETS = (
    Target("log", _read_log, _logs),
    Target("log-parquet", _read_log, tables),
    Target("convert", _convert, _logs, seconds=8),
    Target("pairs", _read_pairs, _pairs),
    Target("yaml", _yaml, _configs),
    Target("configuration", _CONFIG, _configs),
    Target("contract", _contract, lambda: [rules(), *seeds_of("contract")]),
    Target("suite", _suite("suite.jsonl"), _suites),
    Target("suite-yaml", _suite("suite.yaml"), _yaml_suites),
    Target("import", _IMPORTS, lambda: seeds_of("import")),
    Target("of-runs", _OF_RUNS, lambda: seeds_of("of-runs")),
    Target("documents", _documents, lambda: seeds_of("documents")),
)
