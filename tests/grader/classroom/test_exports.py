"""Claims about exports: what is read back is what was graded, and nothing in them is run by a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecslab.errors import LabError
from grader import cli
from grader.classroom import commands, exports, sheet
from grader.classroom.grades import Final
from tests.grader.classroom.building import LAB, finding, graded, kept, put, question, read_json

HOSTILE = [
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    " =1",
    "＝1+1",
    "a;=HYPERLINK(1)",
    "\r\n=1",
    "\x00=1",
]
SCORES = st.one_of(st.none(), st.floats(0, 1000, allow_nan=False).map(lambda value: round(value, 2)))
CANVAS_FILE = (
    f'Student,ID,SIS User ID,SIS Login ID,Section,"{LAB} (771)",Other (9),Current Score\r\n'
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,10,5,(read only)\r\n"
    '"Chen, Ada",11,s-ada,ada,A and B,,4,80\r\n'
    '"Berg, Bo",12,s-bo,bo@uni.example,A,3,5,90\r\n'
    '"Student, Test",99,,,A,,,\r\n'
)
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\r\n"
    "Participant 501,Ada Chen,ada@uni.example,Submitted for grading,,10.00,Yes,-,-,\r\n"
    "Participant 502,Bo Berg,bo@uni.example,No submission,2.00,10.00,Yes,-,-,kept\r\n"
)


def final(student: str, score: float | None, assignment: str = LAB, **more: object) -> Final:
    return Final(student=student, assignment=assignment, score=score, points=10, **more)  # type: ignore[arg-type]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def spreadsheet_cells(text: str) -> list[str]:
    """Every cell that a spreadsheet could see, whichever separator it believes in."""
    return [
        cell for mark in ",;\t" for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) for cell in row
    ]


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=5), SCORES, min_size=1))
def test_what_is_exported_reads_back_as_the_scores(scores: dict[str, float | None]) -> None:
    grades = [final(student, score) for student, score in scores.items()]
    said = {name: "" if score is None else score for name, score in scores.items()}

    def points(text: str) -> float | str:
        return float(text) if text else ""

    assert {row["student_id"]: points(row["score"]) for row in rows(exports.plain(grades).text)} == said
    canvas = rows(exports.canvas(grades).text)
    assert {row["SIS Login ID"]: points(row[LAB]) for row in canvas[1:]} == said
    assert {row["Username"]: points(row[LAB]) for row in rows(exports.moodle(grades, {}).text)} == said


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    for cell in [sheet.safe(text), *sheet.safe(text).split(";")]:
        assert not cell.strip() or cell.strip()[0] not in "=@＝＠" or sheet.NUMBER.fullmatch(cell)


@pytest.mark.parametrize("evil", HOSTILE)
def test_a_hostile_name_is_no_formula_in_any_export(evil: str) -> None:
    grades = [final(evil, 3, last_name=evil, email=evil), final("ada", 4, assignment=evil)]
    result = graded(evil, questions=[question("2.1", 0, [finding(evil)])], why=evil)
    told = {(LAB, evil): exports.comments(result)}
    made = [exports.plain(grades), exports.canvas(grades), exports.moodle(grades, told), exports.questions([result])]
    for cell in [cell for one in made for cell in spreadsheet_cells(one.text)]:
        bare = cell.strip().strip('"').strip()
        assert not bare.startswith(("=", "+", "-", "@", "＝")), cell


def test_numbers_stay_numbers() -> None:
    assert [sheet.safe(text) for text in ("-3", "+4,5", "12.50", "85%", "-")] == ["-3", "+4,5", "12.50", "85%", "-"]
    assert [sheet.number(value) for value in (3.0, 2.456, -0.001, 100.0, None)] == ["3", "2.46", "0", "100", ""]


def test_canvas_gets_its_header_and_the_row_of_points() -> None:
    text = exports.canvas([final("ada", 7.5, first_name="Ada", last_name="Chen", lms="11"), final("bo", None)]).text
    assert text.splitlines() == [
        f"Student,ID,SIS User ID,SIS Login ID,Section,{LAB}",
        "Points Possible,,,,,10",
        '"Chen, Ada",11,,ada,,7.5',
        "bo,,,bo,,",
    ]


def test_canvass_own_file_is_filled_in_and_what_it_knows_besides_is_left() -> None:
    made = exports.canvas([final("ada", 7.5), final("bo", None), final("zoe", 1)], sheet.read(CANVAS_FILE.encode()))
    assert made.text.splitlines() == [
        f"Student,ID,SIS User ID,SIS Login ID,Section,{LAB} (771)",
        "Points Possible,,,,,10",
        '"Chen, Ada",11,s-ada,ada,A and B,7.5',
        '"Berg, Bo",12,s-bo,bo@uni.example,A,3',
        '"Student, Test",99,,,A,',
    ]
    assert made.said == ("Not found in the platform's file, so not exported: zoe.",)


def test_files_with_semicolons_and_a_byte_order_mark_are_read() -> None:
    swiss = "\ufeff" + CANVAS_FILE.replace(",", ";").replace("Chen; Ada", "Chen, Ada")
    made = exports.canvas([final("ada", 7.5)], sheet.read(swiss.encode()))
    assert '"Chen, Ada",11,s-ada,ada,A and B,7.5' in made.text


def test_two_students_of_one_name_are_not_confused() -> None:
    twins = [final(name, 5, first_name="Ada", last_name="Chen") for name in ("x1", "x2")]
    made = exports.canvas(twins, sheet.read(CANVAS_FILE.encode()))
    assert '"Chen, Ada",11,s-ada,ada,A and B,\r\n' in made.text
    assert made.said == ("Not found in the platform's file, so not exported: x1, x2.",)


def test_an_assignment_unknown_to_canvas_is_a_new_column_and_said() -> None:
    made = exports.canvas([final("bo", 2, assignment="new")], sheet.read(CANVAS_FILE.encode()))
    assert made.text.splitlines()[0].endswith("Section,new")
    assert '"Berg, Bo",12,s-bo,bo@uni.example,A,2' in made.text
    assert "no such assignment" in made.said[0]


def test_moodles_worksheet_is_filled_in_with_grade_and_feedback() -> None:
    told = {(LAB, "ada"): exports.comments(graded("ada", {"2.1": 1}, why="<b>Good</b>"))}
    made = exports.moodle([final("ada", 7.5), final("bo", None)], told, sheet.read(WORKSHEET.encode()))
    ada, bo = rows(made.text)
    assert (ada["Identifier"], ada["Grade"], ada["Last modified (grade)"]) == ("Participant 501", "7.5", "-")
    assert ada["Feedback comments"].startswith("&lt;b&gt;Good&lt;/b&gt;<br>2.1 A definition by hand")
    assert (bo["Grade"], bo["Feedback comments"]) == ("2.00", "kept")


def test_a_grade_above_moodles_maximum_is_said() -> None:
    made = exports.moodle([final("ada", 11)], {}, sheet.read(WORKSHEET.encode()))
    assert "above Moodle's maximum grade" in made.said[0]


@pytest.mark.parametrize("other", ["a,b\n1,2\n", "", "Student,ID\nx,1\n"])
def test_a_file_that_is_not_the_platforms_is_refused(other: str) -> None:
    with pytest.raises(LabError):
        exports.canvas([final("ada", 1)], sheet.read(other.encode()))
    with pytest.raises(LabError):
        exports.moodle([final("ada", 1)], {}, sheet.read(other.encode()))


def test_gradescope_gets_a_test_for_each_question() -> None:
    wrong = finding("The task has no port.", passed=False, advice="Map one.", code="T1")
    made = exports.gradescope(graded("ada", questions=[question("2.1", 0.5, [wrong]), question("2.3", 1)]))
    assert made["score"] == 3
    assert made["execution_time"] == 0.4
    assert [(t["name"], t["score"], t["max_score"], t["status"], t["visibility"]) for t in made["tests"]] == [
        ("2.1 A definition by hand", 2, 4, "failed", "visible"),
        ("2.3 Predict: how many fit?", 1, 1, "passed", "visible"),
    ]
    assert "✗ The task has no port. → Map one." in made["tests"][0]["output"]
    json.dumps(made)


# ── the course folder ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return kept(tmp_path, graded("ada", {"2.1": 1, "2.2": 1}), graded("bo", {"2.1": 0.5, "2.2": 0}))


def test_without_a_gradebook_the_recorded_results_count(course: Path, tmp_path: Path) -> None:
    done = commands.export(course, "csv", tmp_path / "out" / "grades.csv")
    assert done.files == (tmp_path / "out" / "grades.csv",)
    assert {r["student_id"]: (r["score"], r["max_score"]) for r in rows(done.files[0].read_text())} == {
        "ada": ("7", "7"),
        "bo": ("2", "7"),
    }


def test_a_broken_result_stops_no_export(course: Path, tmp_path: Path) -> None:
    (course / "evidence" / "eve").mkdir()
    (course / "evidence" / "eve" / f"{LAB}.json.gz").write_bytes(b"\x1f\x8b\x08\x00 broken")
    assert len(rows(commands.export(course, "csv", tmp_path / "g.csv").files[0].read_text())) == 2


def test_every_kind_is_written_and_another_is_refused(course: Path, tmp_path: Path) -> None:
    for kind in commands.KINDS:
        assert all(path.exists() for path in commands.export(course, kind, tmp_path / kind).files), kind
    assert read_json(tmp_path / "gradescope" / LAB / "ada.json")["score"] == 7
    with pytest.raises(LabError, match="Use one of"):
        commands.export(course, "excel", tmp_path / "x")
    with pytest.raises(LabError, match="no grades"):
        commands.export(course, "csv", tmp_path / "x", assignment="other")


BOOK = f"""
import sys
sys.modules["rfc3987_syntax"] = None  # half of nbgrader's start
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db", "ecslab") as book:
    for name in ({LAB!r}, "other"):
        book.add_assignment(name)
        book.add_notebook("nb", name)
        book.add_grade_cell("auto", "nb", name, max_score=5, cell_type="code")
        book.add_grade_cell("essay", "nb", name, max_score=5, cell_type="markdown")
    book.add_student("ada", first_name="Ada", last_name="Chen", email="ada@uni.example", lms_user_id="11")
    book.add_student("cy")
    book.add_student("dee")
    for who in ("ada", "cy"):
        book.add_submission({LAB!r}, who)
        grade = book.find_grade("auto", "nb", {LAB!r}, who)
        grade.auto_score, grade.extra_credit = 3, 1
        book.find_grade("essay", "nb", {LAB!r}, who).manual_score = 4.5
    book.find_submission_notebook("nb", {LAB!r}, "ada").late_submission_penalty = 2
    book.db.commit()
from nbgrader.apps.exportapp import ExportApp
for name in ("Canvas", "Moodle"):
    app = ExportApp()
    app.initialize([f"--exporter=grader.classroom.plugins.{{name}}Export", f"--to={{name}}", "--assignment=['{LAB}']"])
    app.start()
"""


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with results and a gradebook, which nbgrader's own command has exported by our plugins."""
    course = kept(tmp_path_factory.mktemp("course"), graded("ada", {"2.1": 1}), graded("bo", {"2.1": 0.5, "2.2": 0}))
    put(course / "nbgrader_config.py", "c = get_config()\nc.CourseDirectory.course_id = 'ecslab'\n")
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = os.environ | {"PATH": beside, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-c", BOOK]
    done = subprocess.run(command, cwd=course, env=settings, timeout=300, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return course


def test_the_gradebooks_final_score_wins_and_who_handed_in_nothing_has_none(booked: Path, tmp_path: Path) -> None:
    done = commands.export(booked, "csv", tmp_path / "g.csv", assignment=LAB)
    scores = {r["student_id"]: (r["score"], r["raw_score"], r["source"]) for r in rows(done.files[0].read_text())}
    assert scores == {
        "ada": ("6.5", "8.5", "gradebook"),
        "bo": ("2", "2", "grader"),
        "cy": ("8.5", "8.5", "gradebook"),
        "dee": ("", "", "gradebook"),
    }
    assert "Chen, Ada" in commands.export(booked, "canvas", tmp_path / "c.csv").files[0].read_text()


def test_a_gradebook_that_is_none_is_said(course: Path, tmp_path: Path) -> None:
    (course / "gradebook.db").write_bytes(b"no database at all, but long enough to be looked at" * 30)
    with pytest.raises(LabError, match="gradebook cannot be read"):
        commands.export(course, "csv", tmp_path / "g.csv")


def test_nbgraders_own_export_takes_our_plugins(booked: Path) -> None:
    canvas, moodle = (booked / "Canvas").read_text(), (booked / "Moodle").read_text()
    assert canvas.splitlines()[2:] == ['"Chen, Ada",11,,ada,,6.5', "cy,,,cy,,8.5", "dee,,,dee,,"]
    (ada, *_) = rows(moodle)
    assert (ada["Username"], ada["Email address"], ada[LAB]) == ("ada", "ada@uni.example", "6.5")
    assert ada[f"{LAB} (feedback)"].startswith("Graded.<br>2.1")


def test_the_command_line_writes_into_the_course_and_says_where(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "from-canvas.csv", CANVAS_FILE)
    where = ["--course", str(course)]
    for arguments in (
        ["export", "csv"], ["export", "gradescope", "--assignment", LAB], ["report", LAB],
        ["export", "canvas", str(tmp_path / "c.csv"), "--roster", str(tmp_path / "from-canvas.csv")],
    ):  # fmt: skip
        assert cli.main([*arguments, *where]) == 0
    assert {path.name for path in (course / "class").iterdir()} == {"grades.csv", "gradescope", f"{LAB}.html"}
    assert '"Chen, Ada",11,s-ada,ada,A and B,7' in (tmp_path / "c.csv").read_text()
    said = capsys.readouterr().out
    assert f"Written: {course / 'class' / 'gradescope' / LAB}" in said
    assert "hand-ins; half of them have" in said
    assert cli.main(["export", "canvas", "--roster", "nowhere.csv", *where]) == 1
    assert "nowhere.csv cannot be read" in capsys.readouterr().err


def test_the_commands_are_imported_at_once() -> None:
    program = "import sys, grader.classroom.commands as c; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert not {"nbgrader", "nbformat", "traitlets", "sqlalchemy", "IPython", "ecslab.client"} & set(eval(said.stdout))
