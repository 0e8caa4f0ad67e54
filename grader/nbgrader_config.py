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

# Hand-ins are read as the released notebook with the learner's solutions in it, and run in a sandbox; the points are
# taken outside of it (`ecslab grade --sandboxes` says which sandboxes there are here).
c.Autograde.exporter_class = "grader.execute.RebuiltNotebook"
c.Autograde.autograde_preprocessors = [
    "grader.execute.SandboxedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.GenerateFeedback.exporter_class = "grader.pages.FeedbackPage"
c.SandboxedExecute.timeout = 30  # real seconds for one cell: the lab's time is virtual, so one that needs more is stuck

# What learners wrote is shown to teachers in a browser: nothing of it may run there.
c.HTMLExporter.sanitize_html = True

# A finding is a sentence and a table row: keep what learners need, drop runaway output.
c.LimitOutput.max_lines = 400
c.LimitOutput.max_traceback = 60
