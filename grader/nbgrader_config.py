"""nbgrader's settings for this course; nbgrader reads it from the folder it is run in.

Not imported by anything. Invariant: a learner's notebook runs unsolved from top to bottom (the code stub raises
nothing), and a grade depends only on what the score cells say.
"""

from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "ecslab"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# The same stub as in the learners' notebooks under labs/ (grader.notebooks.CODE_STUB).
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\npass"}

# Real seconds for one cell: a lab under grading runs on virtual time, so a cell that needs more is stuck.
c.Execute.timeout = 120
c.Execute.shutdown_kernel = "immediate"  # a graceful end costs a second for each submission

# A score cell that a learner deleted comes back and scores, in place of "needs manual grading".
c.OverwriteCells.add_missing_cells = True

# A finding is a sentence and a table row: keep what learners need, drop runaway output.
c.LimitOutput.max_lines = 400
c.LimitOutput.max_traceback = 60

# nbgrader's own five, with the one that keeps a copied cell from stopping the whole class.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "grader.copies.ForgetCopies",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
