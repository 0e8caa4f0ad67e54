"""Our feedback page inside ``nbgrader generate_feedback``: with what a teacher gave by hand since the grading.

``nbgrader_config.py`` plugs it in (``GenerateFeedback.exporter_class``). A hand-in that has no result of ours gets
nbgrader's own page. Invariant: nothing of a check or of another learner is in it (``grader.feedback``).
"""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.exporter import Exporter

from grader.execute import course_root
from grader.feedback import ByHand, feedback
from grader.result import load, path_of


class FeedbackPage(HTMLExporter):  # type: ignore[misc]
    """Writes the page of one graded notebook."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **given: Any) -> tuple[str, Any]:
        """The page; its scores and comments are those of the gradebook."""
        about = resources["nbgrader"]
        try:
            result = load(path_of(course_root(self.config), about["student"], about["assignment"]))
        except (OSError, ValueError, TypeError, KeyError):
            found: tuple[str, Any] = super().from_notebook_node(nb, resources, **given)
            return found
        graded, resources = Exporter.from_notebook_node(self, nb, resources, **given)  # nbgrader's GetGrades fills it
        return feedback(result, _solutions(graded), _by_hand(graded, resources["nbgrader"])), resources


def _solutions(notebook: Any) -> dict[str, str]:
    """What the learner wrote, by the names of the cells."""
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in marked if cell.metadata.nbgrader.solution}


def _by_hand(notebook: Any, told: Any) -> ByHand:
    marks = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    return ByHand(
        score=float(told["score"]),
        points=float(told["max_score"]),
        penalty=float(told["late_penalty"] or 0),
        scores={one.grade_id: (float(one.score), float(one.points)) for one in marks if one.get("score") is not None},
        comments={one.grade_id: str(one.comment) for one in marks if one.get("comment")},
    )
