"""Says how good the graders are: figures on sets that people labelled, each grader with its card."""
