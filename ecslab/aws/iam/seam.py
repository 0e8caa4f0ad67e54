"""The seam to moto's IAM and STS: two response classes in place of moto's, with what moto lacks.

moto finds a service's handler in its ``urls.url_paths``, a public table read when the service is first called; ours are
subclasses that add verbs (simulation, a user's boundary) and make sessions by lab time. ``tests/aws/iam`` holds the
facts this rests on. Invariant: ``install`` ran before the first IAM or STS request (the gate sees to it).
"""

from __future__ import annotations

from ecslab.aws.context import LabContext

_installed: dict[str, LabContext] = {}


def install(context: LabContext) -> None:
    """Put our verbs into moto for this lab; a second call only changes whose clock they read."""
    fresh = not _installed
    _installed["context"] = context
    if fresh:
        _replace()


def _replace() -> None:
    from moto.iam import urls as iam_urls
    from moto.sts import urls as sts_urls

    from ecslab.aws.iam.responses import iam_verbs, sts_verbs

    iam_urls.url_paths["{0}/$"] = iam_verbs().dispatch
    sts_urls.url_paths["{0}/$"] = sts_verbs(current).dispatch


def current() -> LabContext:
    """The lab whose clock the sessions read."""
    return _installed["context"]
