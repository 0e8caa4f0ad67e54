"""A preprocessor for nbgrader: a cell that a learner copied counts as an ordinary cell.

``DeduplicateIds`` leaves such a cell with empty marks, which nbgrader's next step takes for an old schema, and then
stops grading everybody (nbgrader issue 1083). Not a repair of anything else. Invariant: runs right after it.
"""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor


class ForgetCopies(NbGraderPreprocessor):  # type: ignore[misc]
    """Drops nbgrader's marks from cells where they are empty."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """nbgrader calls this for each cell in turn."""
        if "nbgrader" in cell.metadata and not cell.metadata["nbgrader"]:
            del cell.metadata["nbgrader"]
        return cell, resources
