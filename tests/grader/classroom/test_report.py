"""Claims about the class report: it says what a teacher needs, loads nothing, and shows students' text as text."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from ecslab.errors import LabError
from grader.classroom import class_report, commands
from grader.classroom.report import ClassReport
from grader.result import CellResult
from tests.browser.test_view import BROWSERS, QUIET
from tests.grader.classroom.building import LAB, TITLES, a_class, finding, graded, handed_in, kept, put, question
from tests.grader.classroom.test_similarity import WORK

EVIL = "</title><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)><style>*{}</style>"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with two that worked together, one whose file is broken, and one who attacks the page."""
    folder = kept(tmp_path_factory.mktemp("course"), *a_class(40))
    blocked = [question(number, 0, outcome="uncheckable") for number in TITLES]
    kept(folder, graded("broken", questions=blocked, why="The notebook is no JSON.", notes=["Handed in twice."]))
    evil = question("2.1", 0, [finding(EVIL, passed=False, code=EVIL, advice=EVIL)])
    cell = CellResult(grade_id=EVIL[:20], seconds=1, error=EVIL)
    kept(folder, graded("evil<b>", questions=[evil], cells=[cell], why=EVIL, notes=[EVIL]))
    handed_in(folder, "student001", {"q2-1-solution": WORK})
    handed_in(folder, "student002", {"q2-1-solution": WORK.replace("running", "tasks") + f"\nprint('{EVIL}')"})
    for number in range(3, 12):
        handed_in(folder, f"student{number:03d}", {"q2-1-solution": f"lab.answer('2.3', {number})\nx = [{number}] * 2"})
    put(folder / "submitted" / "broken" / LAB / "x.ipynb", "{")
    return folder


@pytest.fixture(scope="module")
def report(course: Path) -> ClassReport:
    return class_report(course, LAB)


class Seen(HTMLParser):
    """The elements and addresses of a page; fails on one that is never closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in ("meta", "br", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_loads_nothing_runs_nothing_and_shows_attacks_as_text(report: ClassReport) -> None:
    page = report.html()
    seen = Seen(page)
    assert seen.open == []
    assert not seen.tags & {"script", "img", "iframe", "link", "object", "embed", "form", "base"}
    assert seen.handlers == []
    assert all(address.startswith("#") for address in seen.addresses)
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(", page)
    assert "&lt;script&gt;alert(1)" in page


def test_both_forms_say_the_same(report: ClassReport) -> None:
    view = report._repr_html_()
    assert view in report.html().replace("<main>", "").replace("</main>", "")
    assert "<html" not in view
    assert all(sentence in repr(report) for sentence in report.sentences())


@pytest.mark.parametrize(
    "words",
    ["Scores", "Questions", "What went wrong", "Who needs help", "Where time went", "Everybody", "Similar work",
     "Divide the registered memory by the reservation, rounded down.", "The notebook is no JSON.", "Handed in twice.",
     "A signal, not a proof", "student001 · student002", "could not be graded", "In lab time half", "T44"],
)  # fmt: skip
def test_a_teacher_finds(report: ClassReport, words: str) -> None:
    assert words in report.html()


def test_the_command_writes_the_page_and_says_it_in_short(course: Path, tmp_path: Path) -> None:
    done = commands.report(course, LAB, tmp_path / "out" / "class.html")
    assert done.files[0].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert any("hand-ins; half of them have" in sentence for sentence in done.said)
    assert any("not a proof" in sentence for sentence in done.said)


def test_a_single_result_without_questions_still_makes_a_report(tmp_path: Path) -> None:
    kept(tmp_path, graded("only", why="Empty."))
    said = class_report(tmp_path, LAB)
    Seen(said.html())
    assert "Empty." in said.html()
    assert "Similar work" not in said.html()


def test_without_results_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no results"):
        class_report(tmp_path, LAB)


@pytest.fixture(scope="module", params=["light", "dark"])
def page(
    request: pytest.FixtureRequest, report: ClassReport, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    found = next(filter(None, map(shutil.which, BROWSERS)))
    folder = Path(os.environ.get("ECSLAB_SCREENSHOTS", tmp_path_factory.mktemp("page")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        shown = browser.new_page(viewport={"width": 1180, "height": 900}, color_scheme=request.param)
        shown.goto(report.save(folder / "class.html").as_uri())
        shown.screenshot(path=str(folder / f"class-{request.param}.png"), full_page=True)
        yield shown
        browser.close()


@pytest.mark.browser
def test_the_page_is_seen_light_and_dark(page: Page) -> None:
    expect(page.get_by_role("heading", name=LAB)).to_be_visible()
    expect(page.locator("svg.plot rect.tenth")).to_have_count(10)
    expect(page.locator("table.beside").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ink, paper = page.evaluate(
        "['h1', 'body'].map(n => getComputedStyle(document.querySelector(n)))"
        ".map((s, n) => (n ? s.backgroundColor : s.color).match(/[\\d.]+/g).slice(0, 3).map(Number))"
    )
    assert abs(sum(ink) - sum(paper)) > 500
    tall = page.locator("rect.tenth").evaluate_all(
        "all => Math.max(...all.map(one => one.getBoundingClientRect().height))"
    )
    assert tall > 60


@pytest.mark.browser
def test_the_tables_of_a_notebook_do_not_squeeze_ours(page: Page) -> None:
    page.add_style_tag(
        content="table { table-layout: fixed; font-size: 12px } td { max-width: 40px; overflow: hidden }"
    )
    right = "getBoundingClientRect().right"
    over = page.locator("td:has(> .stack)").evaluate_all(
        f"all => all.filter(td => td.firstChild.{right} > td.{right} + 1).length"
    )
    assert over == 0


@pytest.mark.browser
def test_a_narrow_window_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
