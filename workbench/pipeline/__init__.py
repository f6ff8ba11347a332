"""Runs lists of stages over a run directory; names no concrete step, grader or objective."""
