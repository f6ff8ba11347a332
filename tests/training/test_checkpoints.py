import json

import pytest

from workbench.training.checkpoints import _PARTS, _of_each, claim

PARTS = (*_PARTS, *_of_each(1))


def make_checkpoint(place, step, *, without=None):
    folder = place / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    for part in PARTS:
        if part != without:
            (folder / part).write_text(json.dumps({"global_step": step}))
    return folder


def test_the_newest_whole_checkpoint_of_the_same_work_is_taken(tmp_path):
    place = tmp_path / "checkpoints"
    assert claim(place, key="a") is None
    make_checkpoint(place, 5)
    newest = make_checkpoint(place, 10)
    broken = make_checkpoint(place, 15, without="trainer_state.json")
    assert claim(place, key="a") == newest
    assert not broken.exists()


@pytest.mark.parametrize("part", PARTS)
def test_each_part_must_be_there(tmp_path, part):
    claim(tmp_path / "c", key="a")
    make_checkpoint(tmp_path / "c", 5, without=part)
    assert claim(tmp_path / "c", key="a") is None


def test_a_state_that_was_cut_is_not_whole(tmp_path):
    claim(tmp_path / "c", key="a")
    (make_checkpoint(tmp_path / "c", 5) / "trainer_state.json").write_text('{"global_')
    assert claim(tmp_path / "c", key="a") is None


def test_checkpoints_of_other_work_are_removed(tmp_path):
    claim(tmp_path / "c", key="a")
    old = make_checkpoint(tmp_path / "c", 5)
    assert claim(tmp_path / "c", key="b") is None
    assert not old.exists()
    assert claim(tmp_path / "c", key="b") is None


def test_every_process_must_have_kept_its_random_numbers_and_its_losses(tmp_path):
    claim(tmp_path / "c", key="a", processes=2)
    parts = ("rng_state_0.pth", "rng_state_1.pth", "losses_0.json", "losses_1.json")
    for missing in (*parts, None):
        folder = make_checkpoint(tmp_path / "c", 5)
        for part in parts:
            if part != missing:
                (folder / part).write_text("")
        assert claim(tmp_path / "c", key="a", processes=2) == (None if missing else folder)
