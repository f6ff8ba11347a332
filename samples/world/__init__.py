"""A small invented world gives the samples facts that no model has seen."""
