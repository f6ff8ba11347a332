from hypothesis import given
from hypothesis import strategies as st

from workbench.backends.batches import plan

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), max_size=25)


@given(PROMPTS, st.integers(1, 5), st.integers(0, 4))
def test_every_prompt_is_in_one_batch_and_shares_what_its_group_says(prompts, size, shared):
    groups = plan(dict(enumerate(prompts)), batch_size=size, shared=shared)
    assert sorted(n for group in groups for n in group.rows) == list(range(len(prompts)))
    for group in groups:
        assert all(1 <= len(batch) <= size for batch in group.batches)
        starts = {tuple(prompts[n][: group.shared]) for n in group.rows}
        assert len(starts) == 1
        assert all(len(prompts[n]) > group.shared for n in group.rows)
        assert group.shared == 0 or group.shared >= shared > 0
        lengths = [len(prompts[n]) for n in group.rows]
        assert lengths == sorted(lengths, reverse=True)


def test_the_shared_beginning_is_taken_whole():
    prompts = {0: [1, 2, 3, 4, 5], 1: [1, 2, 3, 4, 6, 7], 2: [9, 9, 9]}
    loose, together = plan(prompts, batch_size=8, shared=2)
    assert (loose.rows, loose.shared) == ((2,), 0)
    assert (together.rows, together.shared) == ((1, 0), 4)


def test_equal_prompts_leave_one_token_for_the_first_logits():
    (group,) = plan({0: [1, 2, 3], 1: [1, 2, 3]}, batch_size=8, shared=2)
    assert group.shared == 2


def test_nothing_is_shared_where_sharing_is_off():
    (group,) = plan({0: [1, 2, 3], 1: [1, 2, 3]}, batch_size=8, shared=0)
    assert group.shared == 0
