"""Account settings: of the account (its root's), of a user or role, and what is in effect for whom.

Invariant: what is in effect is a principal's own value, else the account's, else ECS's default; nothing else in the lab
reads a setting than through ``setting``. Sources: Amazon ECS API Reference, PutAccountSetting, ListAccountSettings,
Setting; Developer Guide, "Access Amazon ECS features with account settings".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecslab.aws.ecs.base import Request, Verbs, page
from ecslab.errors import InvalidParameterException
from ecslab.model.instance import ContainerInstance
from ecslab.model.trunking import trunked_limit

INSTANCE_ROLE = "ecsInstanceRole"
TRUNK = "ecs.awsvpc-trunk-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One setting: its default, the values it takes, and whether AWS alone may change it."""

    default: str
    values: tuple[str, ...]
    managed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as the API shows it."""

    name: str
    value: str
    principal_arn: str
    type: str = "user"


SWITCH = ("enabled", "disabled")
KINDS = {
    "serviceLongArnFormat": Kind(default="enabled", values=SWITCH),
    "taskLongArnFormat": Kind(default="enabled", values=SWITCH),
    "containerInstanceLongArnFormat": Kind(default="enabled", values=SWITCH),
    "awsvpcTrunking": Kind(default="disabled", values=SWITCH),
    "containerInsights": Kind(default="disabled", values=("enabled", "disabled", "enhanced")),
    "dualStackIPv6": Kind(default="disabled", values=SWITCH),
    "fargateFIPSMode": Kind(default="disabled", values=SWITCH),
    "tagResourceAuthorization": Kind(default="on", values=("on", "off")),
    "fargateTaskRetirementWaitPeriod": Kind(default="7", values=("0", "7", "14")),
    "guardDutyActivate": Kind(default="off", values=("on", "off"), managed=True),
    "defaultLogDriverMode": Kind(default="non-blocking", values=("blocking", "non-blocking")),
    "fargateEventWindows": Kind(default="disabled", values=SWITCH),
}
"""With the defaults of a new account. What has an effect here: awsvpcTrunking, containerInsights (on new clusters)."""
LONG = "LongArnFormat"


class SettingVerbs(Verbs):
    """PutAccountSetting, PutAccountSettingDefault, DeleteAccountSetting, ListAccountSettings."""

    def put_setting(self, request: Request, caller: str) -> Setting:
        """Keep a setting of the caller, or of the user or role that ``principalArn`` names."""
        return self._put(request["name"], request["value"], request.get("principalArn") or caller)

    def put_default_setting(self, request: Request) -> Setting:
        """Keep a setting of the account: of everybody who has none of their own."""
        return self._put(request["name"], request["value"], self.root)

    def _put(self, name: str, value: str, principal: str) -> Setting:
        kind = _kind(name)
        if kind.managed:
            raise InvalidParameterException(f"The setting {name} is managed by AWS and cannot be changed.")
        if value not in kind.values:
            raise InvalidParameterException(
                f"Invalid value '{value}' for the setting {name}. It is one of: {', '.join(kind.values)}."
            )
        if name.endswith(LONG) and value == "disabled":
            raise InvalidParameterException(
                f"The setting {name} can no longer be disabled: every new ARN and id is of the long format."
            )
        self.settings[principal, name] = value
        self.note("account.setting", principal, f"account setting {name} is {value} for {principal}")
        return Setting(name=name, value=value, principal_arn=principal)

    def delete_setting(self, request: Request, caller: str) -> Setting:
        """Forget a setting of a principal; what is in effect for it then."""
        name, principal = request["name"], request.get("principalArn") or caller
        _kind(name)
        self.settings.pop((principal, name), None)
        return self._in_effect(name, principal)

    def list_settings(self, request: Request, caller: str) -> tuple[list[Setting], str | None]:
        """The settings of a principal: those it has itself, or with ``effectiveSettings`` what is in effect for it."""
        name, principal = request.get("name"), request.get("principalArn") or caller
        if name is not None:
            _kind(name)
        if request.get("effectiveSettings"):
            found = [self._in_effect(known, principal) for known in sorted(KINDS)]
        else:
            own = sorted((n, v) for (p, n), v in self.settings.items() if p == principal)
            found = [Setting(name=n, value=v, principal_arn=principal) for n, v in own]
        value = request.get("value")
        wanted = [s for s in found if name in (None, s.name) and value in (None, s.value)]
        return page(wanted, request, 10)

    def _in_effect(self, name: str, principal: str) -> Setting:
        kind = "aws_managed" if KINDS[name].managed else "user"
        return Setting(name=name, value=self.setting(name, principal), principal_arn=principal, type=kind)

    def setting(self, name: str, principal: str = "") -> str:
        """The value in effect for a principal's ARN, or for the account."""
        own = self.settings.get((principal, name))
        return own or self.settings.get((self.root, name)) or KINDS[name].default

    @property
    def root(self) -> str:
        """The ARN under which the account's own settings are kept."""
        return f"arn:aws:iam::{self.place.account}:root"

    def trunked(self, instance: ContainerInstance) -> ContainerInstance:
        """An instance that registers, with a trunk where the setting and its type say so.

        One that registered before has none and gets none, as on AWS: the interface comes with the registration.
        """
        limit = trunked_limit(instance.instance_type)
        role = f"arn:aws:iam::{self.place.account}:role/{INSTANCE_ROLE}"
        if limit is None or self.setting("awsvpcTrunking", role) != "enabled":
            return instance
        trunk = f"eni-{self.context.hex_id(17)}"
        return replace(instance, eni_limit=limit, attributes={**instance.attributes, TRUNK: trunk})


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise InvalidParameterException(f"Invalid setting name '{name}'. There are: {', '.join(sorted(KINDS))}.")
    return KINDS[name]
