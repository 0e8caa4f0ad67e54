"""The live view as an object: what it puts into a notebook, and when it is written to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ecslab import Lab
from ecslab.client.view import MOST_OPEN, LiveView, Views
from ecslab.timeline import real_monotonic, real_sleep
from tests.client.test_render import service, state

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def live() -> Iterator[LiveView]:
    view = LiveView(None, reachable=True, live=True)
    yield view
    view.close()


def test_in_a_notebook_it_is_a_widget_with_the_state_as_html_beside_it(live: LiveView) -> None:
    live.tell(state(services=[service()]))
    bundle = live._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {WIDGET, "text/html", "text/plain"}
    assert "2 of 3" in bundle["text/html"]
    assert bundle["text/plain"].startswith("cluster default: web 2/3")


def test_where_nobody_looks_on_it_is_html_without_widget_or_thread(web: Lab) -> None:
    view = web.show()
    assert set(view._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert "web" in view.html()
    assert not view.is_open
    assert [thread for thread in threading.enumerate() if thread.name == "ecslab-view"] == []


def test_it_is_written_to_only_when_something_changed(live: LiveView) -> None:
    written: list[object] = []
    assert live._widget is not None
    live._widget.observe(lambda change: written.append(change.new), "value")
    live.tell(state())
    live.tell(state() | {"now": 9999.0, "revision": 7})
    assert len(written) == 1
    live.tell(state(services=[service()]))
    live.tell(None, "The lab server does not answer.")
    live.tell(None, "The lab server does not answer.")
    assert len(written) == 3
    assert "does not answer" in str(written[-1])


def test_a_closed_view_is_left_alone(live: LiveView) -> None:
    live.tell(state())
    live.close()
    live.tell(state(services=[service()]))
    assert not live.is_open
    assert "2 of 3" in live.html()


def test_one_thread_follows_the_lab_for_all_views_and_ends_with_them(web: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecslab.client.view.somebody_looks_on", lambda: True)
    views = Views(web._transport, reachable=False)
    opened = [views.open(None) for _ in range(MOST_OPEN + 1)]
    assert [view.is_open for view in opened] == [False] + [True] * MOST_OPEN
    web.client("ecs").update_service(cluster="default", service="web", desiredCount=5)
    assert eventually(lambda: all("2 of 5" in view.html() for view in opened[1:]))
    for view in opened:
        view.close()
    assert eventually(lambda: not [t for t in threading.enumerate() if t.name == "ecslab-view"])


def eventually(done: object) -> bool:
    deadline = real_monotonic() + 15
    while real_monotonic() < deadline:
        if done():  # type: ignore[operator]
            return True
        real_sleep(0.05)
    return False
