"""Who does the tasks of a stage: threads, processes, or a Ray cluster; the result is the same."""

from workbench.engines.crew import CrewEngine
from workbench.engines.local import LocalEngine
from workbench.engines.ray import RayEngine

__all__ = ["CrewEngine", "LocalEngine", "RayEngine"]
