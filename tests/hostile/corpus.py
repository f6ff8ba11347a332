"""All the files that someone may hand the workbench to make it crash, hang, lose rows or lie.

Each is a file of a few bytes to a few megabytes and the commands that read it. Nothing here is random, so
that a file that once broke something is there again in the next run.
"""

from tests.hostile.artefacts import chat_templates, documents, models, prompts, runs
from tests.hostile.configurations import configurations, contracts, policies, suites
from tests.hostile.logs import answers, contents, encodings, pairs, shapes, syntax, tables


def corpus():
    """Return every hostile file, each under a name of its own."""
    groups = (encodings, syntax, shapes, contents, tables, pairs, answers, configurations, contracts)
    more = (policies, suites, prompts, documents, models, chat_templates, runs)
    items = [item for group in (*groups, *more) for item in group()]
    names = [item.name for item in items]
    if len(set(names)) != len(names):
        raise ValueError(f"two hostile files have one name: {sorted(n for n in names if names.count(n) > 1)}")
    return items
