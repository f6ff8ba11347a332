"""What axe-core finds on a page that is open: one line a finding, those that shut people out."""

import pytest

GRAVE = {"serious", "critical"}


def grave(page):
    """Return the serious and critical findings of axe-core's every rule, with the elements they're at.

    The page's context has to bypass its content security policy, which lets no script of others run.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core isn't installed")
    found = axe.Axe().run(page).response
    assert found["testEngine"]["name"] == "axe-core"
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: "
        + "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:120]}" for node in one["nodes"][:4])
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]
