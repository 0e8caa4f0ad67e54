"""The lab's errors as a learner sees them: in IPython two clean lines instead of a stack.

Not the error tree (that is ``ecslab.errors``): it only gives its classes a short way to be shown. Invariant:
``except ecslab.LabError`` (or any class of the tree) catches what is made here, under the same name.
"""

from __future__ import annotations

from typing import Any

from ecslab import errors
from ecslab.errors import ApiError, EcslabError, LabError, TaskError


class TwoLines:
    """Mixed into an error: what IPython prints for it."""

    def _render_traceback_(self) -> list[str]:
        hint = getattr(self, "hint", "")
        message = getattr(self, "message", "") or str(self).removeprefix(f"{type(self).__name__}: ")
        lines = [f"{type(self).__name__}: {message}"]
        return [*lines, f"  try: {hint}"] if hint else lines


def shown(kind: type[EcslabError]) -> type[EcslabError]:
    """The class ``kind``, shown in two lines."""
    return (
        kind
        if issubclass(kind, TwoLines)
        else type(kind.__name__, (TwoLines, kind), {"__module__": kind.__module__, "__doc__": kind.__doc__})
    )


def problem(message: str, hint: str = "", kind: type[LabError] = LabError) -> EcslabError:
    """An error of the lab, ready to be raised: what is wrong, and what to try."""
    return shown(kind)(message, hint)


def from_server(said: Any) -> EcslabError:
    """The error that the server's JSON names, as the class of that name in ``ecslab.errors``."""
    name, message = str(said.get("error") or "LabError"), str(said.get("message") or "The lab server gave no reason.")
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, EcslabError)):
        return _hinted(shown(ApiError)(message, name), said) if said.get("error") else problem(message)
    if issubclass(kind, LabError):
        return shown(kind)(message, str(said.get("hint") or ""))
    if issubclass(kind, TaskError):
        message = message.removeprefix(f"{name}: ")
    return _hinted(shown(kind)(message), said)


def _hinted(error: EcslabError, said: Any) -> EcslabError:
    if said.get("hint"):
        error.hint = str(said["hint"])  # type: ignore[attr-defined]
    return error
