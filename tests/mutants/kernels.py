"""The kernels whose tests are tried: the modules that are changed, and the tests that have to notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kernel:
    """Modules (dotted, below `workbench.`) and test paths (below `tests/`); ``slow`` tests are not run."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    slow: tuple[str, ...] = ()


def _below(package: str, names: str) -> tuple[str, ...]:
    return tuple(f"workbench.{package}.{name}" for name in names.split())


KERNELS = (
    Kernel(
        "conversion",
        _below("convert", "align compact induce live pattern prune versions pairs tasks"),
        (
            "convert/test_align.py",
            "convert/test_align_exactly.py",
            "convert/test_prune.py",
            "convert/test_prune_exactly.py",
            "convert/test_read_exactly.py",
            "convert/test_reading_exactly.py",
            "convert/test_blocks.py",
            "convert/test_internalize.py",
            "convert/test_labels.py",
            "convert/test_learn_alike.py",
            "convert/test_hostile_logs.py",
            "convert/test_compact.py",
            "convert/test_compact_exactly.py",
            "convert/test_induce.py",
            "convert/test_live.py",
            "convert/test_versions.py",
            "convert/test_tasks.py",
            "convert/test_tasks_exactly.py",
            "convert/test_convert.py",
            "convert/test_write.py",
            "convert/test_examples.py",
        ),
    ),
    Kernel(
        "ledger",
        (
            *_below("steps", "contract_filter decontaminate dedup drop_where quotas reviewed"),
            *_below("steps", "split stratify template_limit"),
            *_below("pipeline", "guards undo regroup"),
        ),
        (
            "steps",
            "pipeline/test_guards.py",
            "pipeline/test_undo.py",
            "pipeline/test_curation.py",
            "pipeline/test_rethreshold.py",
            "review/test_review.py",
        ),  # fields/test_step_fields.py makes frames while it is gathered: no process forks well after it
    ),
    Kernel(
        "edges",
        _below("similarity", "kernels shingle_kernels near nearest overlap banding shingles selection"),
        (
            "similarity",
            "steps/test_dedup.py",
            "steps/test_cluster_split.py",
            "steps/test_select.py",
            "steps/test_decontaminate.py",
        ),
        # Compiled loops run as plain Python here, in which these take ten seconds and more.
        slow=(
            "steps/test_select.py::test_there_are_at_least_so_many_rows_of_each_value_or_of_one",
            "steps/test_cluster_split.py::test_parts_do_not_depend_on_row_order",
            "similarity/test_near.py::test_planted_pairs_are_found_and_nothing_else",
        ),
    ),
    Kernel(
        "graders",
        (
            *_below("graders", "grounding harm bias symmetry rules schema neutrality assertions judge"),
            *_below(
                "checks", "abstention counts fences jsontext quantities refusal support schema phrases unless"
            ),
        ),
        ("graders", "checks", "fields/test_check_fields.py"),
    ),
    Kernel(
        "verdicts",
        (
            "workbench.verdicts",
            *_below(
                "evaluation", "stats paired corrected sequential power planning repeats noise biases coverage"
            ),
        ),
        (
            *(
                f"evaluation/test_{name}.py"
                for name in ["stats", "paired", "corrected", "sequential", "power", "planning"]
            ),
            "evaluation/test_exact_figures.py",
            *(
                f"evaluation/test_{name}.py"
                for name in ["repeats", "coverage", "outcomes", "leaning", "usage", "evaluation_run"]
            ),
            "graders/test_bias.py",
            "evaluation/test_suites.py",
        ),
    ),
    Kernel(
        "gates",
        _below("gate", "baseline complete data datapolicy decide guards limits policy power rules"),
        (
            "gate",
            "fields/test_policy_fields.py",
            "evaluation/test_gate_controls.py",
            "cli/test_gate_verb.py",
            "cli/test_check_verb.py",
        ),
    ),
)
