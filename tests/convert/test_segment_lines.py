"""Thousands of lines that join into one."""

from workbench.convert.segment_lines import lines


def test_forty_thousand_short_lines_that_go_on_are_one_line():
    """Each join looked through all that was joined: this prompt of 200 kB took three quarters of a minute."""
    prompt = "a: b\n" * 40_000
    assert [(line.start, line.end) for line in lines(prompt)] == [(0, len(prompt) - 1)]


def test_a_line_that_ended_is_not_gone_on_with():
    prompt = "first words.\nsecond words\nthird words\nsingle\nA capital"
    assert [line.text for line in lines(prompt)] == [
        "first words.",
        "second words\nthird words\nsingle",
        "A capital",
    ]
