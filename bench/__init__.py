"""Side-by-side benchmarks; figures are quoted only with the command that made them."""
