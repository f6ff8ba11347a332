"""Turns what an evaluation found into the next data set, by a plan that a person can edit."""

from workbench.pipeline.improve.draft import draft
from workbench.pipeline.improve.make import Making, make_next
from workbench.pipeline.improve.plan import Ask, Drafting, Drop, Feed, ImprovePlan, read_plan, write_plan
from workbench.pipeline.improve.sources import Gathered, gather

__all__ = [
    "Ask",
    "Drafting",
    "Drop",
    "Feed",
    "Gathered",
    "ImprovePlan",
    "Making",
    "draft",
    "gather",
    "make_next",
    "read_plan",
    "write_plan",
]
