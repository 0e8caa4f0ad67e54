"""The documents say what the code does. It judges no prose, only lists, names and links.

The checklists in ``docs/`` end by naming this file: a skipped step is found here.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from ecslab.aws.ecs.responses import EcsResponse

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("labs/*.md")])
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def actions() -> dict[str, str]:
    """Every action of ECS, by its snake_case name."""
    names = botocore.session.get_session().get_service_model("ecs").operation_names
    return {xform_name(name): name for name in names}


def answered() -> set[str]:
    return {name for name in actions() if hasattr(EcsResponse, name)}


def test_the_list_of_actions_is_what_the_lab_answers() -> None:
    first_table = (ROOT / "docs/actions.md").read_text(encoding="utf-8").split("|---|", 1)[1].split("\n\n", 1)[0]
    listed = set(re.findall(r"`([A-Z]\w+)` ?", first_table))
    assert listed == {actions()[name] for name in answered()}


def test_the_list_of_the_labs_own_routes_is_what_it_answers() -> None:
    from ecslab.server.api import _ROUTES

    listed = re.findall(r"`(GET|POST) ([a-z/]+)`", (ROOT / "docs/actions.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(_ROUTES)


def test_every_action_is_called_by_some_test() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    called = {
        name for name in answered() if re.search(rf"\b({name}|{name.replace('_', '-')}|{actions()[name]})\b", tests)
    }
    assert sorted(answered() - called) == []


def runtimes() -> set[str]:
    """Every module or package of the floor in which some class answers ``probe``."""
    floor = ROOT / "ecslab/runtimes"
    probing = [
        path for path in floor.rglob("*.py") if re.search(r"^    def probe\(", path.read_text(encoding="utf-8"), re.M)
    ]
    return {path.relative_to(floor).parts[0].removesuffix(".py") for path in probing} - {"base"}


def test_every_runtime_is_in_the_contract_the_conformance_suite_and_the_readme() -> None:
    contract = next(contract["modules"] for contract in CONTRACTS if contract["type"] == "independence")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    suite = "\n".join((ROOT / "tests/runtimes" / name).read_text() for name in ("conftest.py", "test_conformance.py"))
    assert {f"ecslab.runtimes.{name}" for name in runtimes()} == set(contract)
    for runtime in runtimes():
        assert re.search(rf"^\| `{runtime}` \|", readme, re.M), f"README.md's table lacks the runtime {runtime}"
        assert re.search(rf"\b{runtime}\b", suite), f"the conformance suite does not run on {runtime}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)[^):]*\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", document.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []
