"""For authors and teachers: making a course and its labs, proving them, releasing them (``ecslab course``).

Not the grading of what learners hand in. Invariant: everything here runs our own code and the author's, never a
learner's.
"""
