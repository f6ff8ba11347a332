"""Who does the tasks of a stage: threads of this process, or a Ray cluster; the result is the same."""

from workbench.engines.local import LocalEngine
from workbench.engines.ray import RayEngine

__all__ = ["LocalEngine", "RayEngine"]
