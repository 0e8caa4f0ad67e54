"""The images there are."""

from __future__ import annotations

import json
import re

from ecslab.images.catalogue import IMAGES, PROGRAM, argv_of, find, missing


def test_latest_is_meant_without_a_tag() -> None:
    assert find("ecslab/web") == find("ecslab/web:latest")
    assert find("ecslab/web") is not None


def test_nothing_else_is_known() -> None:
    for reference in ("web:1", "ecslab/web:3", "nginx", "example.com/ecslab/web:1", "ecslab/web:", ""):
        assert find(reference) is None


def test_a_missing_image_is_refused_with_those_there_are() -> None:
    text = missing("ecslab/wbe:1")
    assert "ecslab/wbe:1" in text
    assert all(reference in text for reference in IMAGES)


def test_digests_differ_where_what_the_image_does_differs() -> None:
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", image.digest) for image in IMAGES.values())
    assert len({IMAGES[f"ecslab/web:{tag}"].digest for tag in ("1", "2", "broken")}) == 3
    assert IMAGES["ecslab/web:latest"].digest == IMAGES["ecslab/web:2"].digest


def test_an_entry_point_drops_the_command_of_the_image_and_a_command_replaces_it() -> None:
    web = find("ecslab/web:1")
    assert argv_of(web, None, None) == ("app", "serve")
    assert argv_of(web, None, ("exit", "1")) == ("app", "exit", "1")
    assert argv_of(web, ("sh", "-c"), ("app help",)) == ("sh", "-c", "app help")
    assert argv_of(web, ("app",), None) == ("app",)


def test_every_image_is_a_stage_of_the_dockerfile_with_the_same_command() -> None:
    stages = dict[str, str]()
    for stage, body in re.findall(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM|\Z)", dockerfile(), re.M | re.S):
        stages[stage] = body
    for image in IMAGES.values():
        command = re.search(r"^CMD (\[.*\])$", stages[image.target], re.M)
        assert command is not None
        assert tuple(json.loads(command[1])) == image.command


def test_the_program_is_run_by_its_first_line() -> None:
    assert PROGRAM.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")
    assert PROGRAM.stat().st_mode & 0o111


def dockerfile() -> str:
    return PROGRAM.with_name("Dockerfile").read_text(encoding="utf-8")
