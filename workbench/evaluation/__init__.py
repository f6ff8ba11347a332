"""Asks three arms the same cases and draws verdicts that a sceptic accepts.

What `write_evaluation` leaves in a directory:

- ``completions.jsonl``: one line a case and arm: ``case_id, arm, prompt`` (list of ``{role, content}``),
``text,
  prompt_tokens, completion_tokens, finish, cached_tokens``.
- ``cases.jsonl``: the cases asked, each once, as ``workbench.records.Case`` (slots, reference, expect, twin
…). - ``grades.parquet``: one row a judgment (``GRADE_SCHEMA``): ``case_id``, ``arm``, ``grader`` (the check's
name for a
  rule, the behaviour for a suite), ``rule`` (rule id; null for suites), ``score`` (null unless judged),
  ``label`` (``pass fail not_applicable unscored``), ``evidence`` (JSON list of ``{what, text, start, end}``,
  offsets into the completion's text, -1 for none), ``detail``, and of the case ``behaviour`` (``rules`` for
  held-out pairs), ``cell``, ``slice``, ``difficulty``, ``lang``, ``cluster``.
- ``samples.jsonl``, ``samples.parquet``: where a case was asked more than once, all answers and grades, each
  with its ``sample`` (0 …); the two files above hold the first.
- ``verdicts.json``: ``workbench.verdicts.Verdicts``.
- ``summary.json``: the figures that the command line shows.
"""

from workbench.evaluation.cases import bounded, cases_from_pairs
from workbench.evaluation.chosen import Chosen, choose_graders, files_of
from workbench.evaluation.corrected import Error
from workbench.evaluation.coverage import Coverage, Invalidated, coverage, invalidated
from workbench.evaluation.grading import GRADE_SCHEMA, Graded
from workbench.evaluation.judging import Judging
from workbench.evaluation.labels import errors_of, read_labels
from workbench.evaluation.outputs import check_outputs
from workbench.evaluation.planning import Assumed, Question, plan_questions
from workbench.evaluation.replayed import Recorded, read_replay
from workbench.evaluation.run import Evaluation, Plan, evaluate, summarise, write_evaluation
from workbench.evaluation.sequential import Sequential
from workbench.evaluation.stats import Method
from workbench.evaluation.suites import load_suite, load_suites
from workbench.evaluation.usage import read_prices

__all__ = [
    "GRADE_SCHEMA",
    "Assumed",
    "Chosen",
    "Coverage",
    "Error",
    "Evaluation",
    "Graded",
    "Invalidated",
    "Judging",
    "Method",
    "Plan",
    "Question",
    "Recorded",
    "Sequential",
    "bounded",
    "cases_from_pairs",
    "check_outputs",
    "choose_graders",
    "coverage",
    "errors_of",
    "evaluate",
    "files_of",
    "invalidated",
    "load_suite",
    "load_suites",
    "plan_questions",
    "read_labels",
    "read_prices",
    "read_replay",
    "summarise",
    "write_evaluation",
]
