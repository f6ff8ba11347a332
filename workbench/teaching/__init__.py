"""Has a teacher run the long prompts, and takes only answers that keep the rules and that it stands by."""

from workbench.teaching.agreement import likeness
from workbench.teaching.asking import Question, Tally, ask
from workbench.teaching.files import teach_logs, teach_pairs
from workbench.teaching.taking import Refused, Taken, take

__all__ = ["Question", "Refused", "Taken", "Tally", "ask", "likeness", "take", "teach_logs", "teach_pairs"]
