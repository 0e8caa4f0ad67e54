"""Our parts inside ``nbgrader autograde``: the notebook is put back on the released one and runs in the sandbox.

``nbgrader_config.py`` plugs them in (``Autograde.exporter_class``, ``Autograde.autograde_preprocessors``); everything
after them (``SaveAutoGrades``, late penalties, formgrader, feedback) is nbgrader's own. Invariant: what cannot be read
as a notebook is graded too, with 0 points and the reason, and no cell of a learner runs in nbgrader's process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import Execute
from traitlets import Bool, Unicode

from ecslab.timeline import wall_clock
from grader import jobs, notebooks
from grader.batch import put_outputs
from grader.build import LABS, Lab, lab
from grader.gradebook import with_checksums
from grader.marks import result_of
from grader.rebuild import MOST, Unreadable, rebuilt
from grader.result import save
from grader.sandbox.rung import Limits

_labs: dict[Path, Lab] = {}


def lab_named(config: Any, name: str) -> Lab | None:
    """The lab of a course's assignment; None for an assignment that is not one of our labs."""
    folder = jobs.labs_of(course_root(config), LABS) / name
    if not (folder / "lab.py").is_file():
        return None
    if folder not in _labs:
        _labs[folder] = lab(folder)
    return _labs[folder]


def course_root(config: Any) -> Path:
    """The folder of the course that nbgrader works in."""
    root = config.CourseDirectory.get("root", "")
    return Path(root) if isinstance(root, str) and root else Path.cwd()


class RebuiltNotebook(NotebookExporter):  # type: ignore[misc]
    """Reads a hand-in as the released notebook with the learner's solutions in it."""

    def from_filename(self, filename: str, resources: Any = None, **given: Any) -> Any:
        """nbconvert calls this for each notebook, before and after its cells ran."""
        path = Path(filename)
        found = lab_named(self.config, path.stem)
        if found is None:
            return super().from_filename(filename, resources, **given)
        notebook = with_checksums(nbformat.reads(notebooks.student(found.cells), as_version=4))
        try:
            answers = rebuilt(found, _text(path)).answers
        except Unreadable:
            answers = {}
        for cell in notebook.cells:
            cell.source = answers.get(cell.id, cell.source)
        told = dict(resources or {})
        told["metadata"] = {"name": path.stem, "path": str(path.parent)}
        return self.from_notebook_node(notebook, resources=told, **given)


class SandboxedExecute(Execute):  # type: ignore[misc]
    """nbgrader's Execute, but the cells run behind a wall and the scores are taken on this side of it."""

    require_sandbox = Unicode("", help="The weakest sandbox to accept: docker, bubblewrap or landlock.").tag(
        config=True
    )
    unsafe = Bool(
        False, help="Run notebooks without a sandbox where there is none, and those of no lab with a plain kernel."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Give every cell its outputs; SaveAutoGrades reads the points from them."""
        about = resources["nbgrader"]
        found = lab_named(self.config, about["assignment"])
        if found is None and not self.unsafe:
            raise RuntimeError(
                f"{about['assignment']} is not a lab of this course, so it has no sandbox. "
                "c.SandboxedExecute.unsafe = True runs it with your own rights."
            )
        if found is None:
            ran: tuple[Any, Any] = super().preprocess(nb, resources, km)
            return ran
        course = course_root(self.config)
        handed_in = course / "submitted" / about["student"] / found.name / f"{found.name}.ipynb"
        job = {"assignment": found.name, "student": about["student"], "notebook": _text(handed_in)}
        result = result_of(found, about["student"], jobs.grade(self._settings(found), job), wall_clock())
        put_outputs(nb, result)
        save(course, result)
        return nb, resources

    def _settings(self, found: Lab) -> jobs.Settings:
        seconds = float(self.timeout or Limits().cell_seconds)
        return jobs.Settings(
            labs=str(found.folder.parent),
            rung=self.require_sandbox,
            unsafe=self.unsafe,
            limits=Limits(cell_seconds=seconds),
        )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST + 1).decode("utf-8", "replace")
    except OSError:
        return ""
