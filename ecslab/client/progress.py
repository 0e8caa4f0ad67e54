"""How long a wait has lasted, shown below a notebook's cell while it lasts, and gone with it.

Not a log and not a print: where no person looks on (a script, nbgrader) it shows nothing. Invariant: nothing of it is
left in the cell after ``close``.
"""

from __future__ import annotations

from typing import Any

from ecslab.client.html import page, tag

FIRST_SHOWN = 1.5
"""Real seconds of a wait before there is something to see."""


class Progress:
    """One wait. ``passed`` and ``limit`` are lab seconds."""

    def __init__(self) -> None:
        from ecslab.client.view import somebody_looks_on

        self._handle: Any = None
        self._seen = somebody_looks_on()

    def show(self, passed: float, limit: float, state: str) -> None:
        """Say how things stand now."""
        if not self._seen:
            return
        from IPython.display import HTML, display

        shown = HTML(_bar(passed, limit, state))
        if self._handle is None:
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def close(self) -> None:
        """The wait is over."""
        if self._handle is not None:
            from IPython.display import HTML

            self._handle.update(HTML(""))


def _bar(passed: float, limit: float, state: str) -> str:
    words = f"waiting: {passed / 60:.1f} of at most {limit / 60:g} lab minutes. {state}"
    bit = tag("i", class_="busy", style=f"width:{100 * min(1.0, passed / limit if limit else 1):.1f}%")
    return page(tag("div", words, class_="soft small"), tag("div", bit, class_="bar", role="img", aria_label=words))
