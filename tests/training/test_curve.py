import re
from xml.etree.ElementTree import fromstring

from workbench.training.curve import loss_svg

LOG = [
    {"step": 10, "loss": 2.0},
    {"step": 10, "eval_loss": 2.5},
    {"step": 20, "loss": 1.0},
    {"step": 20, "eval_loss": 1.5},
]


def parsed(svg):
    return fromstring(svg)  # noqa: S314 - our own text


def polylines(svg):
    points = re.findall(r'<polyline points="([^"]*)"', svg)
    return [[tuple(map(float, p.split(","))) for p in line.split()] for line in points]


def test_both_losses_are_drawn_to_scale():
    train, valid = polylines(loss_svg(LOG))
    assert [x for x, _ in train] == [x for x, _ in valid]
    assert train[0][1] < train[1][1], "a lower loss lies lower on the page"
    # The axis ends at 5: a loss of 2.5 is half as high as the axis is long.
    bottom, top = 300 - 44, 28
    assert abs(valid[0][1] - (bottom + top) / 2) < 0.2


def test_it_is_xml_with_labelled_axes_and_no_colour_of_its_own_but_one():
    svg = loss_svg(LOG)
    root = parsed(svg)
    text = " ".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    for word in ("step", "loss", "training", "validation"):
        assert word in text
    assert set(re.findall(r"#[0-9a-fA-F]{3,6}", svg)) == {"#888"}
    assert "from 2.000 to 1.000" in svg


def test_no_validation_and_no_log_and_infinite_losses_are_drawn_too():
    assert "validation" not in loss_svg(LOG[::2])
    assert "no losses were logged" in loss_svg([])
    parsed(loss_svg([]))
    (line,) = polylines(loss_svg([{"step": 1, "loss": float("nan")}, {"step": 2, "loss": 3.0}]))
    assert len(line) == 1
    parsed(loss_svg([{"step": 1, "loss": 0.0}]))
