"""Claims about similarity: what disguise does not hide, what honest work is not blamed for, what it costs."""

from __future__ import annotations

import ast
import random
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecslab.errors import LabError
from ecslab.timeline import real_monotonic
from grader import cli
from grader.classroom import commands, fingerprints, handins, similarity
from grader.classroom.handins import Class, HandIn, OwnCell
from grader.classroom.similarity import Similar, compared
from tests.grader.classroom.building import LAB, handed_in, notebook, put

WORK = '''
# count what runs before anything is stopped
running = ecs.list_tasks(cluster="default", desiredStatus="RUNNING")["taskArns"]
families = {}
for arn in running:
    task = ecs.describe_tasks(cluster="default", tasks=[arn])["tasks"][0]
    family = task["taskDefinitionArn"].split("/")[-1]
    families[family] = families.get(family, 0) + len(task["containers"])
def biggest(counts, least=3):
    """The family with most containers."""
    chosen = [name for name, count in counts.items() if count >= least]
    return max(chosen, key=lambda name: counts[name], default=None)
winner = biggest(families)
definition = {"family": "greedy", "cpu": "256", "memory": "512", "networkMode": "bridge"}
container = {"name": "main", "image": "ecslab/web:1", "memory": 187, "environment": [{"name": "A", "value": "1"}]}
if winner is not None:
    ecs.stop_task(cluster="default", task=running[-1], reason=f"{winner} is too big")
ecs.register_task_definition(**definition, containerDefinitions=[container])
'''
NAMES = [f"fresh_{letter}" for letter in "abcdefghijklmnopqrst"]


class Disguise(ast.NodeTransformer):
    """Renames, reorders what may be reordered, and changes every text and number that is not the API's."""

    def __init__(self, dice: random.Random, own: set[str]) -> None:
        self.dice = dice
        names = dice.sample(NAMES, len(own))
        self.names = dict(zip(sorted(own), names, strict=True))

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        self.dice.shuffle(node.keywords)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        node.values = [self.visit(value) for value in node.values]
        order = self.dice.sample(range(len(node.keys)), len(node.keys))
        node.keys, node.values = [node.keys[n] for n in order], [node.values[n] for n in order]
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            node.value = f"text {self.dice.random()}"
        elif isinstance(node.value, int) and not isinstance(node.value, bool):
            node.value = self.dice.randrange(1000)
        return node


def disguised(source: str, dice: random.Random, *, added: int = 0) -> str:
    """The same work: renamed, reordered, other constants, no comments, with unneeded statements added."""
    tree = ast.parse(source)
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)} | {
        n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)
    }
    tree = ast.fix_missing_locations(Disguise(dice, own).visit(tree))
    dice.shuffle(tree.body)
    filler = [ast.parse(f"filler{n} = [{n}, str(filler), {n}]").body[0] for n in range(added)]
    return ast.unparse(ast.Module(body=[*tree.body, *filler], type_ignores=[]))


def honest(dice: random.Random) -> str:
    """Somebody's own way to the same end: choices where there are any."""
    pick = dice.choice
    lines = [
        pick(['ecs.create_cluster(clusterName="a")', 'cluster = ecs.create_cluster(clusterName="a")["cluster"]']),
        pick(["found = []", "found = list()", "found = {}", "total = 0"]),
        pick(["for one in range(3):\n    found.append(one)", "while len(found) < 3:\n    found.append(1)",
              "found = [n for n in range(3)]", "found += [1, 2, 3]"]),
        pick(['ecs.run_task(cluster="a", taskDefinition="web", count=3)',
              'ecs.run_task(taskDefinition="web", cluster="a")',
              'for _ in range(3):\n    ecs.run_task(cluster="a", taskDefinition="web")']),
        pick(['print(len(found), "tasks")', 'print(f"{len(found)} tasks")', "found", "display(found)"]),
        pick(["lab.answer('2.1', 7)", "answer = 7\nlab.answer('2.1', answer)", "lab.answer('2.1', len(found) + 4)"]),
    ]  # fmt: skip
    extra = ["import json", "print(json.dumps(found))", "assert found", "x = sorted(found)[-1]", "time.sleep(1)",
             "if not found:\n    raise ValueError('none')", "names = [str(n) for n in found]", "del found[0]",
             "lab.wait('tasks_running')", "tasks = ecs.list_tasks(cluster='a')['taskArns']"]  # fmt: skip
    return "\n".join([*lines, *dice.sample(extra, dice.randrange(1, 5))])


def hand_in(student: str, *sources: str) -> HandIn:
    cells = []
    for number, source in enumerate(sources):
        shape = fingerprints.code(source)
        cells.append(OwnCell(name=f"q{number}", source=source, shape=shape, prints=shape.prints))
    together = frozenset().union(*(cell.prints for cell in cells))
    marks = frozenset().union(*(cell.shape.marks for cell in cells))
    return HandIn(student=student, cells=tuple(cells), prints=together, marks=marks)


def among(*special: HandIn, others: int = 40, seed: int = 3) -> Similar:
    dice = random.Random(seed)
    rest = [hand_in(f"honest{n:02d}", honest(dice)) for n in range(others)]
    return compared(Class(handed=(*rest, *special), solved=frozenset()))


def names(found: Similar) -> list[set[str]]:
    return [{pair.left, pair.right} for pair in found.pairs]


@given(st.randoms(use_true_random=False))
def test_renaming_reordering_and_other_constants_change_no_fingerprint(dice: random.Random) -> None:
    assert fingerprints.code(disguised(WORK, dice)).prints == fingerprints.code(WORK).prints


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(0, 30))
def test_a_disguised_copy_stays_on_top_with_a_bound(dice: random.Random, added: int) -> None:
    found = among(hand_in("ada", WORK), hand_in("bo", disguised(WORK, dice, added=added)))
    assert names(found)[0] == {"ada", "bo"}
    assert found.pairs[0].alike > 0.95


def test_code_moved_to_other_cells_is_found() -> None:
    half = WORK.index("def biggest")
    found = among(hand_in("ada", WORK), hand_in("bo", WORK[half:], "x = 1", WORK[:half]))
    assert names(found) == [{"ada", "bo"}]
    assert found.pairs[0].alike > 0.95


def of_ones_own(word: str) -> str:
    """Code that nobody else writes."""
    return textwrap.dedent(f"""
        plan = lab.{word}(depth=3, {word}_size=[1, "a"], mode=("{word}", 2))
        for step in reversed(plan.{word}s()):
            plan.{word}_apply(step, until=lambda state: state.{word} > 3 and not state.done)
        assert plan.{word}_result(strict=True)[-1].{word} == step
    """)


def test_one_copied_answer_among_own_work_is_found() -> None:
    mine, theirs = (
        [of_ones_own(word) for word in words.split()]
        for words in ("river stone cloud paper sugar", "forest ocean metal glass salt")
    )
    found = among(hand_in("ada", *mine, WORK), hand_in("bo", *theirs, disguised(WORK, random.Random(1))))
    (pair,) = found.pairs
    assert {pair.left, pair.right} == {"ada", "bo"}
    assert pair.where == "q5"
    assert pair.alike > 0.95
    assert among(hand_in("ada", *mine), hand_in("bo", *theirs)).pairs == ()


def test_honest_work_is_not_blamed() -> None:
    assert among(others=120).pairs == ()
    alone = among(hand_in("ada", WORK), others=60)
    assert alone.pairs == ()


def test_what_everybody_wrote_weighs_nothing() -> None:
    same = [hand_in(f"s{n}", WORK) for n in range(30)]
    assert all(pair.bits < 60 for pair in compared(Class(handed=tuple(same), solved=frozenset())).pairs)
    assert among(*[hand_in(f"s{n}", WORK) for n in range(40)], others=5).pairs == ()


def test_a_ring_is_one_group() -> None:
    ring = [hand_in(f"ring{n}", disguised(WORK, random.Random(n))) for n in range(6)]
    found = among(*ring, others=60)
    assert found.groups == (tuple(f"ring{n}" for n in range(6)),)
    assert len(found.pairs) == 15


def test_a_common_comment_is_told() -> None:
    found = among(hand_in("ada", WORK), hand_in("bo", WORK.replace("running", "tasks")))
    assert "count what runs before anything is stopped" in found.pairs[0].marks
    assert found.pairs[0].rare > 5


def test_the_teachers_own_solution_counts_little() -> None:
    solved = fingerprints.code(WORK).prints
    people = (
        hand_in("ada", WORK),
        hand_in("bo", WORK),
        *(hand_in(f"h{n}", honest(random.Random(n))) for n in range(9)),
    )
    before, after = (compared(Class(handed=people, solved=known)) for known in (frozenset[int](), solved))
    assert after.pairs == () or after.pairs[0].bits < before.pairs[0].bits / 3


@settings(max_examples=60)
@given(st.text() | st.text("()[]{}'\"\\\n\t:=%!?#abc \0", max_size=200))
def test_no_text_stops_the_reading(source: str) -> None:
    fingerprints.code(source)
    fingerprints.prose(source)


@pytest.mark.parametrize(
    "source",
    ["-" * 60000 + "1", "a" + ".b" * 60000, "x" + "+1" * 60000, "(" * 9000, "[" * 60000, "f(" * 90 + ")" * 90,
     "if a: pass\n" + "elif a: pass\n" * 9000, "'" * 60001, "\n" * 60000, "x = 1\n" * 60000, "%%bash\nrm -rf /\n",
     "x" * 1_000_000, "\ud800 = 1"],
)  # fmt: skip
def test_hostile_code_costs_little(source: str) -> None:
    began = real_monotonic()
    fingerprints.code(source)
    assert real_monotonic() - began < 10


def test_ipythons_own_lines_are_read_over() -> None:
    plain = "files = 1\nlab.wait('tasks_running', cluster='default')\n"
    magic = "files = !ls\n%time 1\nlab.wait('tasks_running', cluster='default')\nlab?\n"
    assert fingerprints.code(plain).prints == fingerprints.code(magic).prints != frozenset()


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def course(tmp_path: Path) -> Path:
    given_code = {"setup": "import ecslab\nlab = ecslab.connect()\necs = lab.client('ecs')", "q1": "pass"}
    put(tmp_path / "release" / LAB / f"{LAB}.ipynb", notebook(given_code))
    put(tmp_path / "source" / LAB / f"{LAB}.ipynb", notebook({**given_code, "q1": "lab.answer('2.1', 7, sure=True)"}))
    dice = random.Random(1)
    for number in range(30):
        handed_in(tmp_path, f"s{number:02d}", {**given_code, "q1": honest(dice)})
    handed_in(tmp_path, "ada", {**given_code, "q1": WORK})
    handed_in(tmp_path, "bo", {**given_code, "q1": disguised(WORK, dice)})
    return tmp_path


def test_hand_ins_are_compared_without_what_was_given(course: Path) -> None:
    found = commands.similar(course, LAB)
    assert names(found) == [{"ada", "bo"}]
    assert [(m.left.name, m.right.name) for m in found.pairs[0].matches] == [("q1", "q1")]
    assert "A signal, not a proof" in str(found)
    assert "A signal, not a proof" in found._repr_html_()
    read = handins.read(course, LAB)
    assert {cell.name for one in read.handed for cell in one.cells} == {"q1"}
    assert read.solved == fingerprints.code("lab.answer('2.1', 7, sure=True)").prints


def test_the_command_shows_the_pairs_and_writes_them_side_by_side(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["similar", LAB, "--course", str(course), "--output", str(tmp_path / "s.html")]) == 0
    said = capsys.readouterr().out
    assert "ada · bo" in said
    assert "A signal, not a proof" in said
    assert 'class="beside"' in (tmp_path / "s.html").read_text()


def test_what_cannot_be_read_is_listed_and_stops_nothing(course: Path) -> None:
    bad = course / "submitted"
    put(bad / "broken" / LAB / "x.ipynb", "{not json")
    put(bad / "list" / LAB / "x.ipynb", "[]")
    put(bad / "old" / LAB / "x.ipynb", '{"worksheets": [], "nbformat": 3}')
    put(bad / "odd" / LAB / "x.ipynb", '{"cells": [1, null, {"cell_type": "code", "source": 5, "metadata": []}]}')
    put(bad / "deep" / LAB / "x.ipynb", '{"cells":' * 100_000)
    (bad / "none" / LAB).mkdir(parents=True)
    (bad / "link" / LAB).mkdir(parents=True)
    (bad / "link" / LAB / "x.ipynb").symlink_to("/etc/passwd")
    found = commands.similar(course, LAB)
    assert {student for student, _ in found.skipped} == {"broken", "list", "old", "odd", "deep", "none", "link"}
    assert names(found) == [{"ada", "bo"}]


def test_a_notebook_made_to_be_huge_is_cut_and_said_to_be(course: Path) -> None:
    huge = {f"c{number}": f"x{number} = lab.thing{number}(a={number}, b=[1, 2, 3])\n" * 900 for number in range(60)}
    handed_in(course, "huge", huge)
    found = commands.similar(course, LAB)
    assert [(student, "so large" in why) for student, why in found.skipped] == [("huge", True)]
    assert names(found) == [{"ada", "bo"}]


def test_students_code_is_only_text(course: Path) -> None:
    evil = f"{WORK}\nprint('</td><script>alert(1)</script>')  # <img src=x onerror=alert(1)> in both of us\n"
    handed_in(course, "<b>eve", {"q1": evil})
    handed_in(course, "eve<i>", {"q<1>": evil})
    page = commands.similar(course, LAB)._repr_html_()
    assert "onerror" in page
    for raw in ("<script", "<img", "<b>eve", "<1>"):
        assert raw not in page


def test_nobody_has_handed_in(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="Nobody has handed in"):
        similarity.similar(tmp_path, LAB)


@pytest.mark.slow
def test_three_hundred_notebooks_of_ten_cells_take_seconds(tmp_path: Path) -> None:
    """A thousand take 12 to 17 seconds on a free core; the bound is for a busy one."""
    dice = random.Random(5)
    for number in range(300):
        handed_in(tmp_path, f"s{number:04d}", {f"q{n}": honest(dice) for n in range(10)})
    handed_in(tmp_path, "ada", {f"q{n}": honest(random.Random(n)) for n in range(9)} | {"q9": WORK})
    handed_in(tmp_path, "bo", {f"q{n}": honest(random.Random(n + 99)) for n in range(9)} | {"q9": WORK})
    began = real_monotonic()
    found = commands.similar(tmp_path, LAB)
    assert real_monotonic() - began < 25
    assert {"ada", "bo"} in names(found)
