"""The live view: a widget that keeps itself up to date, and plain HTML where there are no widgets.

What it looks like is ``render``'s. One thread for each Lab asks the server three times a second and tells every
open view what changed; it ends with the last view and with the kernel. Invariants: a page is sent only when
something changed; a view that was closed is never written to; where nobody can look on (nbgrader, a script) there
is no thread at all.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from ecslab.client import drawing, placing
from ecslab.client.connecting import is_private
from ecslab.client.render import render, summary
from ecslab.client.transport import Json, Transport
from ecslab.errors import EcslabError
from ecslab.timeline import real_sleep

LOOK_EVERY = 0.33
SILENT_EVERY = 1.0
MOST_OPEN = 4
"""Views that are kept up to date at once; the oldest then stands still."""
LOOK_SECONDS = 10.0
STATUS = "status"
DRAWN = {"network": drawing, "placement": placing}
KINDS = (STATUS, *DRAWN)
"""What a view shows: how everything is doing, who reaches whom, or what is placed where and why."""
EMPTY: Json = {"revision": -1, "now": 0.0, "clusters": []}


class LiveView:
    """One view. Shown as a widget in a notebook; ``html()`` is what it shows now, ``close()`` ends it."""

    def __init__(self, cluster: str | None, *, kind: str = STATUS, reachable: bool, live: bool) -> None:
        self._cluster = cluster
        self._kind = kind
        self._reachable = reachable
        self._state: Json = EMPTY
        self._note = ""
        self._widget = _widget() if live else None

    @property
    def is_open(self) -> bool:
        """Whether it is still being kept up to date."""
        return self._widget is not None and self._widget.comm is not None

    def html(self) -> str:
        """The view as it is now, as a page of its own."""
        return self._drawn(reachable=self._reachable, live=self.is_open)

    def _drawn(self, *, reachable: bool, live: bool) -> str:
        if self._kind in DRAWN:
            return str(DRAWN[self._kind].draw(self._state, cluster=self._cluster, note=self._note, live=live))
        return render(self._state, cluster=self._cluster, reachable=reachable, note=self._note, live=live)

    def tell(self, state: Json | None, note: str = "") -> None:
        """Take in the lab's state (None: as it was), and show it if anything changed."""
        state = self._state if state is None else state
        if state["clusters"] == self._state["clusters"] and note == self._note and self._state is not EMPTY:
            return
        self._state, self._note = state, note
        if self._widget is not None and self.is_open:
            self._widget.value = self.html()

    def close(self) -> None:
        """Stop keeping it up to date, and take it from the page."""
        if self._widget is not None:
            self._widget.close()

    def freeze(self) -> None:
        """Stop keeping it up to date, and leave its last state on the page."""
        widget, self._widget = self._widget, None
        if widget is not None and widget.comm is not None:
            widget.value = self.html()

    def __repr__(self) -> str:
        told = DRAWN[self._kind].sketch if self._kind in DRAWN else summary
        return str(told(self._state, self._cluster))

    def _repr_mimebundle_(self, **wanted: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        bundle["text/html"] = self._drawn(reachable=False, live=False)
        if self._widget is not None and self.is_open:
            widget = self._widget._repr_mimebundle_()
            bundle |= {kind: data for kind, data in widget.items() if kind.startswith("application/vnd.jupyter.widget")}
        return bundle


class Views:
    """All views of one Lab, and the thread that keeps them up to date."""

    def __init__(self, transport: Transport, *, reachable: bool) -> None:
        self._transport = transport
        self._reachable = reachable
        self._lock = threading.Lock()
        self._open: list[LiveView] = []
        self._thread: threading.Thread | None = None

    def open(self, cluster: str | None, kind: str = STATUS) -> LiveView:
        """A new view of a cluster (None: of all). LabNotRunning where the server does not answer."""
        state = self._transport.get("state")
        live = somebody_looks_on()
        view = LiveView(cluster, kind=kind, reachable=self._reachable, live=live)
        view.tell(state)
        if live:
            self._keep(view)
        return view

    def _keep(self, view: LiveView) -> None:
        with self._lock:
            self._open.append(view)
            while len(self._open) > MOST_OPEN:
                self._open.pop(0).freeze()
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="ecslab-view", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        while True:
            pause = self._look()
            with self._lock:
                self._open = [view for view in self._open if view.is_open]
                if not self._open:
                    self._thread = None
                    return
            real_sleep(pause)

    def _look(self) -> float:
        """Ask once and tell every view; the seconds until the next look."""
        try:
            state, note = self._transport.get("state", timeout=LOOK_SECONDS), ""
        except EcslabError as silent:
            state, note = None, f"{silent}"
        for view in tuple(self._open):
            view.tell(state, note)
        return SILENT_EVERY if note else LOOK_EVERY


def somebody_looks_on() -> bool:
    """Whether this is a kernel with a front end that a person sees."""
    if is_private() or "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _widget() -> Any:
    from ipywidgets import HTML, Layout

    return HTML(value="", layout=Layout(width="100%"))
