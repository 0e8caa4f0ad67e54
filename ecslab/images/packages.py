"""The AWS SDK for the image ecslab/sdk: boto3 and what it needs, as this installation has them.

All of it is pure Python, so it runs on any base. Of the service descriptions only those that a lab's container uses are
taken. It imports none of it. Invariant: the same installation gives the same files, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import distribution, files, version
from pathlib import Path, PurePosixPath

PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
SERVICES = frozenset(
    ("s3", "sts", "ssm", "secretsmanager", "dynamodb", "sqs", "sns", "logs", "cloudwatch", "ecs", "ecr", "kms", "iam")
) | {"xray", "lambda", "events"}
KINDS = (".py", ".json", ".gz", ".pem")


def sdk() -> Iterator[tuple[str, bytes]]:
    """(path in the image's folder, content) of every file."""
    for package in PACKAGES:
        for file in sorted(files(package) or (), key=str):
            if wanted(PurePosixPath(file.as_posix())):
                yield file.as_posix(), Path(str(file.locate())).read_bytes()


def mark() -> bytes:
    """What the files depend on: this choice, and the version of the SDK."""
    return Path(__file__).read_bytes() + version("botocore").encode()


def folders() -> list[str]:
    """Where these packages are on this machine, for programs that run as bare processes."""
    return sorted({str(Path(str(distribution(package).locate_file(""))).resolve()) for package in PACKAGES})


def wanted(path: PurePosixPath) -> bool:
    """Whether the image needs a file: code, and the data of the services there are."""
    parts = path.parts
    if ".." in parts or path.is_absolute() or path.suffix not in KINDS or parts[0].endswith("-info"):
        return False
    if parts[:2] not in (("botocore", "data"), ("boto3", "data")) or len(parts) == 3:
        return True
    return parts[2] in SERVICES and not path.name.startswith("examples")
