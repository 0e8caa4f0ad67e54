"""Our formats in nbgrader: ``nbgrader export --exporter=grader.classroom.plugins.CanvasExport`` (or ``MoodleExport``).

Not the formats themselves (``exports``). nbgrader gives the gradebook and says what of it; ``--to`` names the file,
``--ExportPlugin.…`` or the course's settings the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from grader.classroom import commands, exports, grades, sheet
from grader.classroom.exports import Exported
from grader.classroom.grades import Final


class _Export(ExportPlugin):  # type: ignore[misc]
    """What both have in common: choosing, writing, saying."""

    roster = Unicode("", help="the platform's own file, to be filled in").tag(config=True)
    file = "grades.csv"

    def export(self, gradebook: Any) -> None:
        """Write the grades of the gradebook to ``--to``."""
        names = [str(name) for name in self.assignment]
        chosen = grades.chosen(grades.from_gradebook(gradebook), names, [str(one) for one in self.student])
        made = self.made(chosen, sheet.opened(Path(self.roster)) if self.roster else None)
        target = Path(self.to or self.file)
        target.write_text(made.text, encoding="utf-8", newline="")
        for sentence in made.said:
            self.log.warning(sentence)
        self.log.info("Exported %s grades to %s", sum(g.score is not None for g in chosen), target)

    def made(self, chosen: list[Final], roster: sheet.Sheet | None) -> Exported:
        """The export in a platform's form."""
        raise NotImplementedError


class CanvasExport(_Export):
    """For Canvas: Grades → Import."""

    file = "canvas.csv"

    def made(self, chosen: list[Final], roster: sheet.Sheet | None) -> Exported:
        """The export as Canvas reads it."""
        return exports.canvas(chosen, roster)


class MoodleExport(_Export):
    """For Moodle: its gradebook's CSV import, or an assignment's grading worksheet (``roster``)."""

    file = "moodle.csv"

    def made(self, chosen: list[Final], roster: sheet.Sheet | None) -> Exported:
        """The export as Moodle reads it, with what the grader said as feedback where it was recorded."""
        course = Path(getattr(getattr(self.parent, "coursedir", None), "root", "") or ".")
        return exports.moodle(chosen, commands.feedback(course), roster)
