"""Rules on names, images, counts, sizes and tags: what a definition and its containers are called and hold.

Not about what the containers need or where they may run. Invariant: each rule reports the member to change.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from ecslab.aws.ecs.validation.fault import Fault, Severity
from ecslab.aws.ecs.validation.reading import Definition, items, records, text
from ecslab.scheduler.query import QueryError, parse

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
IMAGE = re.compile(r"[A-Za-z0-9_\-:./#@+]+")
PLACEHOLDER = re.compile(r"<[^<>\s]+>")
CONTAINERS = 10
SIZE = 65536
TAGS = 50
CONSTRAINTS = 10
ENVIRONMENT_FILES = 10
LETTERS = "up to 255 letters, numbers, hyphens and underscores"


def family(definition: Definition) -> Iterator[Fault]:
    """The family's characters."""
    name = text(definition.wire, "family")
    if not NAME.fullmatch(name):
        message = "Family contains invalid characters." if name else "Family should not be null or empty."
        yield Fault(field="family", message=message, advice=f"Give family {LETTERS}.")


def containers_present(definition: Definition) -> Iterator[Fault]:
    """At least one container."""
    if not definition.containers:
        advice = "Add at least one container to containerDefinitions."
        yield Fault(field="containerDefinitions", message="Container list cannot be empty.", advice=advice)


def container_count(definition: Definition) -> Iterator[Fault]:
    """At most ten containers, a fixed quota."""
    count = len(definition.containers)
    if count > CONTAINERS:
        advice = f"Keep containerDefinitions to {CONTAINERS} containers ({count} are given); split the task in two."
        yield Fault(field="containerDefinitions", message="Too many containers.", advice=advice)


def container_name(definition: Definition) -> Iterator[Fault]:
    """Every container has a name, of the same characters as a family."""
    for container in definition.containers:
        if not container.name:
            yield container.fault("name", "Container.name should not be null or empty.", "set name.")
        elif not NAME.fullmatch(container.name):
            yield container.fault("name", "Container.name contains invalid characters.", f"use {LETTERS} in name.")


def container_name_unique(definition: Definition) -> Iterator[Fault]:
    """No two containers of the same name."""
    seen: set[str] = set()
    for container in definition.containers:
        if container.name and container.name in seen:
            message = "Container names must be unique within a task definition."
            yield container.fault("name", message, f"change name: '{container.name}' is already taken.")
        seen.add(container.name)


def image(definition: Definition) -> Iterator[Fault]:
    """Every container has an image; its characters. A ``<PLACEHOLDER>`` of a template is another rule's."""
    for container in definition.containers:
        name = text(container.wire, "image")
        if not name:
            message = "Container.image should not be null or empty."
            yield container.fault("image", message, "set image, such as public.ecr.aws/nginx/nginx:latest.")
        elif not IMAGE.fullmatch(name) and not PLACEHOLDER.fullmatch(name):
            advice = f"write image as repository:tag without spaces or other signs; it is '{name}'."
            yield container.fault("image", "Container.image contains invalid characters.", advice)


def image_placeholder(definition: Definition) -> Iterator[Fault]:
    """A template's placeholder in place of an image: deployment tools fill it in before they register."""
    for container in definition.containers:
        name = text(container.wire, "image")
        if PLACEHOLDER.fullmatch(name):
            message = "Container.image contains invalid characters."
            yield container.warning("image", message, f"put a real image in place of {name}.")


def image_length(definition: Definition) -> Iterator[Fault]:
    """An image name of at most 255 characters."""
    for container in definition.containers:
        if len(text(container.wire, "image")) > 255:
            yield container.warning("image", "Container.image is too long.", "keep image to 255 characters.")


def definition_size(definition: Definition) -> Iterator[Fault]:
    """The whole definition in 64 KiB of JSON."""
    try:
        size = len(
            json.dumps(definition.wire, separators=(",", ":"), default=str, ensure_ascii=False).encode(
                "utf-8", "replace"
            )
        )
    except (TypeError, ValueError, RecursionError):
        return
    if size > SIZE:
        message = f"Actual length: '{size}'. Max allowed length is '{SIZE}' bytes."
        advice = "Move long values out of containerDefinitions, for example into environmentFiles or secrets."
        yield Fault(field="containerDefinitions", message=message, advice=advice)


def tags(definition: Definition) -> Iterator[Fault]:
    """At most 50 tags, each key once, none starting with aws:."""
    given = records(definition.wire, "tags")
    if len(given) > TAGS:
        yield _tag_fault("Too many tags.", f"Keep tags to {TAGS}; {len(given)} are given.")
    seen: set[str] = set()
    for tag in given:
        key = text(tag, "key")
        if not key or len(key) > 128 or len(text(tag, "value")) > 256:
            yield _tag_fault("Invalid tag.", "In tags, use keys of 1 to 128 and values of up to 256 characters.")
        elif key.lower().startswith("aws:"):
            yield _tag_fault("Tag keys that start with 'aws:' are reserved.", f"Rename the key '{key}' in tags.")
        elif key in seen:
            yield _tag_fault(f"Duplicate tag key '{key}'.", f"Give the key '{key}' in tags only once.")
        seen.add(key)


def _tag_fault(message: str, advice: str) -> Fault:
    return Fault(field="tags", message=message, advice=advice, exception="InvalidParameterException")


def placement_constraints(definition: Definition) -> Iterator[Fault]:
    """At most ten constraints; memberOf (the only type a definition may have) needs an expression that can be read."""
    field = "placementConstraints"
    constraints = records(definition.wire, field)
    if len(constraints) > CONSTRAINTS:
        message, advice = "Too many placement constraints.", f"Keep {field} to {CONSTRAINTS}."
        yield Fault(field=field, message=message, advice=advice)
    for index, constraint in enumerate(constraints):
        path, expression = f"{field}[{index}].expression", text(constraint, "expression")
        if text(constraint, "type") == "memberOf" and not expression:
            advice = f"Set {path}, such as attribute:ecs.instance-type =~ t3.*, or remove the constraint."
            yield Fault(field=path, message="Placement constraint expression cannot be empty.", advice=advice)
        elif expression and (wrong := _wrong_query(expression)):
            advice = f"Mend {path}, such as attribute:ecs.instance-type =~ t3.*."
            yield Fault(field=path, message=f"Invalid expression '{expression}': {wrong}.", advice=advice)


def _wrong_query(expression: str) -> str:
    try:
        parse(expression)
    except QueryError as wrong:
        return str(wrong)
    return ""


def environment_names(definition: Definition) -> Iterator[Fault]:
    """A variable given twice: the last one wins."""
    for container in definition.containers:
        counted = Counter(text(e, "name") for e in records(container.wire, "environment"))
        for name in (n for n, times in counted.items() if times > 1):
            message = f"The environment variable '{name}' is given more than once."
            yield container.warning("environment", message, f"keep one value for {name} in environment.")


def environment_files(definition: Definition) -> Iterator[Fault]:
    """At most ten files, each the ARN of an S3 object."""
    for container in definition.containers:
        files = records(container.wire, "environmentFiles")
        if len(files) > ENVIRONMENT_FILES:
            message = "The maximum number of environment files was exceeded. Specify ten or less and try again."
            yield container.fault("environmentFiles", message, "shorten environmentFiles.")
        for index, file in enumerate(files):
            value = text(file, "value")
            if value and not value.startswith("arn:"):
                advice = f"write environmentFiles as S3 ARNs (arn:aws:s3:::bucket/file.env), not '{value}'."
                yield container.fault(f"environmentFiles[{index}].value", "Invalid arn syntax.", advice)


def environment_file_name(definition: Definition) -> Iterator[Fault]:
    """Environment files are called .env."""
    for container in definition.containers:
        for index, file in enumerate(records(container.wire, "environmentFiles")):
            value = text(file, "value")
            if value.startswith("arn:") and not value.endswith(".env"):
                message = "Environment files must have the extension .env."
                advice = f"rename the file of environmentFiles[{index}]: '{value}'."
                yield container.warning(f"environmentFiles[{index}].value", message, advice)


def inference_accelerators(definition: Definition) -> Iterator[Fault]:
    """Amazon Elastic Inference is retired."""
    if items(definition.wire, "inferenceAccelerators"):
        message = "Unsupported field 'inferenceAccelerators'."
        advice = "Remove inferenceAccelerators: Amazon Elastic Inference is no longer available."
        yield Fault(field="inferenceAccelerators", message=message, advice=advice, severity=Severity.WARNING)
