import pytest

from workbench.errors import ModelError
from workbench.rendering import preflight
from workbench.rendering.preflight import refuse_runaway

DOUBLING = "{% set n = namespace(s='aa') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}"
CALM = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}{% endfor %}"


@pytest.mark.parametrize(
    "template",
    [CALM, "", "{% if", "{{ raise_exception('no') }}", "{{ strftime_now('%d %b %Y') }}", "{{ 1 / 0 }}"],
)
def test_templates_that_come_to_an_end_pass(template):
    refuse_runaway(template, name="base")
    assert preflight._tried(template) == preflight._CALM  # it was run, and not only unable to start


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ 'a' * 10 ** 10 }}", "1 GiB"),
        (DOUBLING, "1 GiB"),
        ("{% for i in range(99999) %}{{ 'twenty characters to' }}{% endfor %}", "characters"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "processor time"),
    ],
)
def test_a_template_that_runs_away_is_refused(template, found):
    with pytest.raises(ModelError, match=f"the chat template of base.*{found}"):
        refuse_runaway(template, name="base")
