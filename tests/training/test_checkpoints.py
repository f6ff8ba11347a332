import json

import pytest

from workbench.training.checkpoints import _PARTS, _random, claim

PARTS = (*_PARTS, *_random(1))


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


def test_every_process_must_have_kept_its_random_numbers(tmp_path):
    claim(tmp_path / "c", key="a", processes=2)
    folder = make_checkpoint(tmp_path / "c", 5)
    (folder / "rng_state_0.pth").write_text("")
    assert claim(tmp_path / "c", key="a", processes=2) is None
    folder = make_checkpoint(tmp_path / "c", 5)
    for number in range(2):
        (folder / f"rng_state_{number}.pth").write_text("")
    assert claim(tmp_path / "c", key="a", processes=2) == folder
