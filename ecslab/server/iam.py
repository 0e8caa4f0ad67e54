"""The lab's own routes for IAM: switch enforcement, tell of denials, hand out keys of a user or a role.

It decides nothing (``aws.iam`` does). Invariant: a user gets one key of the lab's, which it keeps; a role gets a fresh
session each time, and nobody's trust policy is asked, for the teacher of a lab is its root.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecslab.errors import InvalidParameterException
from ecslab.journal import Entry
from ecslab.model.arn import last_part
from ecslab.server.openlab import OpenLab

Json = dict[str, Any]
MOST_DENIED = 50


def enforce(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Switch enforcement for users and roles on or off; without ``enforce``, tell how it is."""
    wanted = request.get("enforce")
    if wanted is not None and bool(wanted) != lab.gate.enforce:
        lab.gate.enforce = bool(wanted)
        word = "on" if wanted else "off"
        lab.journal.record("iam.enforce", lab.lab_id, f"IAM policies are enforced for every caller: {word}")
    return {"enforce": lab.gate.enforce, "allowed": lab.gate.allowed}


def denied(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """The latest denials, newest first; ``principal`` a role, user, task or a part of an ARN."""
    about = str(request.get("principal") or "")
    entries = [e for e in reversed(lab.journal.read(kind="iam.denied")) if _is_about(e, about)]
    return {"denied": [_told(entry) for entry in entries[:MOST_DENIED]]}


def _is_about(entry: Entry, about: str) -> bool:
    if not about:
        return True
    places = (entry.subject, str(entry.data.get("role", "")))
    return any(about in place or _name(about) in place.split(":")[-1].split("/") for place in places)


def _name(about: str) -> str:
    """The name in an ARN (a role's, a user's, a task's id), which a session's ARN holds too."""
    return last_part(about)


def _told(entry: Entry) -> Json:
    return {"number": entry.number, "at": entry.at, "message": entry.text, **dict(entry.data)}


def keys(lab: OpenLab, request: Mapping[str, Any]) -> Json:
    """Credentials of an IAM ``user`` or of a session of a ``role``. InvalidParameterException."""
    from ecslab.aws.iam import seeds

    with lab.timeline.lock:
        seeds.ensure(lab.backend.place)
        if request.get("user"):
            return _of_user(lab, str(request["user"]))
        if request.get("role"):
            return _of_role(lab, str(request["role"]), str(request.get("session_name") or "ecslab"))
    raise InvalidParameterException("Give user or role.")


def _of_user(lab: OpenLab, name: str) -> Json:
    from ecslab.aws.iam import store

    place = lab.backend.place
    user = store.user(place, name)
    if user is None:
        known = ", ".join(u.name for u in store.iam(place).users.values()) or "none"
        raise InvalidParameterException(f"There is no IAM user '{name}'. Users: {known}.")
    key = next((k for k in user.access_keys if k.status == "Active"), None)
    if key is None:
        key = store.iam(place).create_access_key(user.name)
    return {"arn": user.arn, "access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}


def _of_role(lab: OpenLab, name: str, session_name: str) -> Json:
    from ecslab.aws.iam import seam, sessions, store

    place = lab.backend.place
    seam.install(lab.context)
    role = store.role(place, name)
    if role is None:
        known = ", ".join(r.name for r in store.iam(place).roles.values())
        raise InvalidParameterException(f"There is no IAM role '{name}'. Roles: {known}.")
    wish = sessions.Wish(session_name=session_name, duration=int(role.max_session_duration or 3600))
    session = sessions.register(place, role, wish, now=lab.timeline.now())
    return {
        "arn": session.arn,
        "access_key_id": session.access_key_id,
        "secret_access_key": session.secret_access_key,
        "token": session.session_token,
    }
