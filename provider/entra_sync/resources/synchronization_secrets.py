"""SynchronizationSecrets: connection and settings of a synchronization application."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Required, TypedDict, Unpack, overload

import pulumi
from pydantic import Field

from entra_sync.base.args import Args, Guid, replaces, secret
from entra_sync.base.calls import GraphCall, Secret, part
from entra_sync.base.handler import Handler
from entra_sync.base.hooks import Plan, Release
from entra_sync.base.resource import Resource
from entra_sync.base.run.claims import Claim
from entra_sync.base.values.unknown import holds_unknown, is_unknown
from entra_sync.errors import BadArgument
from entra_sync.graph import paths
from entra_sync.graph.answers.fresh import building
from entra_sync.graph.paths import resource_id
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.secret_keys import is_masked
from entra_sync.microsoft.tenant import Tenant
from entra_sync.resources.shared import jobs

__all__ = [
    "SynchronizationSecrets",
    "SynchronizationSecretsArgs",
    "SynchronizationSecretsHandler",
    "is_mail",
    "read_notification",
]

JSON = Any
TYPED = ("CompanyId", "AuthenticationType", "SyncAll", "SyncNotificationSettings")
SKIP = "SkipOutOfScopeDeletions"
"""A setting that keeps users who leave the scope, for other kinds of jobs ("Skip deletion of user accounts")."""
NO_NOTIFICATION = json.dumps(
    {"Enabled": False, "DeleteThresholdEnabled": False, "HumanResourcesLookaheadQueryEnabled": False},
    separators=(",", ":"),
)
"""Notification settings that are off, as "Configure cross-tenant synchronization using PowerShell or Microsoft Graph"
writes them. The service refuses an empty text (InvalidNotificationSettings, in public reports)."""
GOVERNMENT_LIMIT = 1024
"""Bytes that secrets and notification mail may have together in US Government ("Known issues", app provisioning)."""


class SynchronizationSecretsArgs(Args):
    """What the service keeps under "secrets": the target, and settings that the portal shows elsewhere."""

    service_principal_id: Guid = replaces("Service principal that the settings belong to.")
    target_tenant_id: Guid = Field(description="Directory (tenant) id of the target (key CompanyId).")
    authentication_type: str = Field(
        default="SyncPolicy", description="How the job signs in to the target (key AuthenticationType)."
    )
    sync_all: bool = Field(
        default=False, description="Whether all users are in scope, not only assigned users and groups (key SyncAll)."
    )
    notify: list[str] = Field(
        default=[], description="Mail addresses for notifications about quarantine and held deletions."
    )
    deletion_threshold: int = Field(
        default=500,
        ge=0,
        description="Number of deletions in one cycle that puts the job into quarantine. 0: no limit.",
    )
    values: dict[str, str] | None = secret("Further secret keys, as Graph names them.", None)

    def settings(self) -> dict[str, JSON]:
        """Graph's keys and values, without those of ``values``."""
        return {
            "AuthenticationType": self.authentication_type,
            "CompanyId": self.target_tenant_id,
            "SyncNotificationSettings": self._notification(),
            "SyncAll": self.sync_all if is_unknown(self.sync_all) else str(self.sync_all).lower(),
        }

    def _notification(self) -> JSON:
        """The settings that Graph keeps as JSON text in one value."""
        if holds_unknown(self.notify) or is_unknown(self.deletion_threshold):
            return next(value for value in (self.notify, self.deletion_threshold, *self.notify) if is_unknown(value))
        threshold = {"DeleteThresholdValue": self.deletion_threshold} if self.deletion_threshold else {}
        settings = {
            "Enabled": bool(self.notify),
            "Recipients": ",".join(self.notify),
            "DeleteThresholdEnabled": self.deletion_threshold > 0,
            **threshold,
            "HumanResourcesLookaheadQueryEnabled": False,
        }
        return json.dumps(settings, separators=(",", ":"))


class SynchronizationSecretsHandler(Handler[SynchronizationSecretsArgs]):
    """Sends all settings on each change, because the request replaces all of them.

    Graph cannot delete these settings. A delete writes empty values, and turns off settings that are JSON or leaves
    them out. If the program still declares the job, the settings stay. Drift is found only in readable settings,
    because Graph replaces the values of others by asterisks.

    Sources: "Add synchronization secrets", "synchronizationSecretKeyStringValuePair", "Enable accidental deletions
    prevention".
    """

    args = SynchronizationSecretsArgs
    placeholders: ClassVar[tuple[str, ...]] = (
        "servicePrincipalId",
        "targetTenantId",
        "authenticationType",
        "syncAll",
        "notify[]",
        "deletionThreshold",
        "values.*",
    )
    permissions = jobs.PERMISSIONS
    starts_over = True

    def validate(self, args: SynchronizationSecretsArgs) -> Iterator[tuple[str, str]]:
        """Keys that have typed arguments, or no effect, are refused; US Government limits the size."""
        for key in args.values or {}:
            if key in TYPED:
                yield f"values.{key}", "has an argument of its own"
            if key == SKIP:
                yield f"values.{key}", "has no effect on cross-tenant synchronization; use limits on the link instead"
        for position, address in enumerate(args.notify):
            if not is_unknown(address) and not is_mail(address):
                yield f"notify[{position}]", f'"{address}" is not a mail address'
        everything = [*args.settings().values(), *(args.values or {}).values()]
        if args.tenant.cloud in {Cloud.USGOV, Cloud.USGOV_DOD} and not holds_unknown(everything):
            size = sum(len(value.encode()) for value in everything)
            if size > GOVERNMENT_LIMIT:
                yield (
                    "notify",
                    f"US Government keeps {GOVERNMENT_LIMIT} bytes of secrets and mail together, these are {size}",
                )

    def find_existing(self, args: SynchronizationSecretsArgs) -> JSON | None:
        """Nothing: the set is written as a whole, and blanked on delete."""
        return None

    def plan(
        self, old: SynchronizationSecretsArgs | None, new: SynchronizationSecretsArgs, kept: Mapping[str, JSON]
    ) -> Plan:
        """Sends nothing for settings that exist already as they are declared, e.g. those of an imported link."""
        if old is None and self._is_as_declared(new):
            return Plan(())
        if old is not None:
            self._refuse_what_changed(old, new)
        return super().plan(old, new, kept)

    def _refuse_what_changed(self, old: SynchronizationSecretsArgs, new: SynchronizationSecretsArgs) -> None:
        """Refuses to put back, beside another change, what decides which users are synchronized, and where to.

        Raises:
            BadArgument: An administrator has changed it since the last run.
        """
        if is_unknown(new.service_principal_id):
            return
        found = self.graph(new).find(self._path(new), "reading the settings before they are replaced")
        live = None if found is None else self._live(old, found)
        for name in ("sync_all", "target_tenant_id") if live is not None else ():
            before, now = getattr(old, name), getattr(live, name)
            if getattr(new, name) == before != now:
                raise BadArgument(
                    self.args.wire(name),
                    f"it was changed outside of this program: it was {json.dumps(before)} after the last run, and is "
                    f"{json.dumps(now)} now. The request replaces all settings, so it would put this back without a "
                    "plan of the users that it affects. Run `pulumi refresh` first",
                )

    def calls(
        self, old: SynchronizationSecretsArgs | None, new: SynchronizationSecretsArgs, existing: JSON | None
    ) -> Sequence[GraphCall]:
        """One PUT of the whole set. A key that was set by hand and takes no effect is switched off."""
        pairs = [{"key": key, "value": value} for key, value in new.settings().items()]
        pairs += [{"key": key, "value": Secret(f"values.{key}")} for key in new.values or {}]
        if old is not None and SKIP in (old.values or {}):
            pairs.append({"key": SKIP, "value": "False"})
        return [self._put(new, pairs, "saving")]

    def delete_calls(self, args: SynchronizationSecretsArgs, state: Mapping[str, JSON]) -> Sequence[GraphCall]:
        """One PUT of empty values. A further key whose value is JSON is left out, because PUT replaces the set."""
        keys = [*args.settings(), *(key for key, value in (args.values or {}).items() if not _is_json(value))]
        blank = {"SyncNotificationSettings": NO_NOTIFICATION}
        return [self._put(args, [{"key": key, "value": blank.get(key, "")} for key in keys], "blanking")]

    def release(
        self, id: str, args: SynchronizationSecretsArgs, state: Mapping[str, JSON], others: Sequence[Claim]
    ) -> Release:
        """Leaves the settings if the program goes on with the job, which cannot run without them."""
        release = super().release(id, args, state, others)
        if release.calls and jobs.goes_on(args.service_principal_id):
            return Release(stays=jobs.STAYS)
        return release

    def needs_plan(self, calls: Sequence[GraphCall]) -> bool:
        """The target, and whether all users are in scope, are among the settings."""
        return True

    def resource_id(
        self, args: SynchronizationSecretsArgs, answers: Mapping[str, JSON], existing: JSON | None
    ) -> str | None:
        """``<tenant id>/servicePrincipals/<object id>/synchronization/secrets``."""
        return resource_id(args.tenant.tenant_id, paths.secrets(args.service_principal_id))

    def wait_until_ready(self, id: str, args: SynchronizationSecretsArgs) -> None:
        """The set that is read may be an older one for a while."""
        wanted = {"CompanyId": args.target_tenant_id, "SyncAll": str(args.sync_all).lower()}
        self.graph(args).wait_for(
            self._path(args),
            f"waiting for the secrets of service principal {args.service_principal_id}",
            until=lambda body: _known(body, wanted).items() >= wanted.items(),
        )

    def read_live(
        self, id: str, args: SynchronizationSecretsArgs, outputs: Mapping[str, JSON]
    ) -> tuple[SynchronizationSecretsArgs, dict[str, JSON]] | None:
        """The readable keys as they are; masked ones count as unchanged. Blank values mean that they were removed."""
        found = self.graph(args).find(
            self._path(args), f"reading the secrets of service principal {args.service_principal_id}"
        )
        if found is None:
            return None
        live = self._live(args, found)
        hidden = sorted(pair["key"] for pair in found["value"] if pair["key"] in TYPED and is_masked(pair.get("value")))
        if hidden and not outputs:
            self.note(
                args,
                f"Graph does not show {' and '.join(hidden)}, so the import assumes a value. Compare the program with "
                "the portal before `up`, because a change of one setting writes all of them",
            )
        return None if live is None else (live, {})

    def _live(self, args: SynchronizationSecretsArgs, found: JSON) -> SynchronizationSecretsArgs | None:
        """What a set says; None if it is blank."""
        live = _known(found, args.settings())
        if not live.get("CompanyId"):
            return None
        try:
            notify, threshold = read_notification(live.get("SyncNotificationSettings") or NO_NOTIFICATION)
        except ValueError as problem:
            self.note(args, f"SyncNotificationSettings: {problem}; taken as off, and `up` writes what is declared")
            notify, threshold = [], 0
        update: dict[str, Any] = {
            "target_tenant_id": live["CompanyId"],
            "authentication_type": live.get("AuthenticationType", args.authentication_type),
            "sync_all": live.get("SyncAll", "false").lower() == "true",
            "notify": notify,
            "deletion_threshold": threshold,
        }
        if args.values is not None:
            update["values"] = {key: live.get(key, value) for key, value in args.values.items()}
        if live.get(SKIP, "").lower() == "true":
            self.note(args, f"{SKIP} is on and not declared; `up` switches it off")
            update["values"] = {**(args.values or {}), SKIP: live[SKIP]}
        return args.model_copy(update=update)

    def _is_as_declared(self, args: SynchronizationSecretsArgs) -> bool:
        """Whether the set that exists says what *args* say. Further keys cannot be compared: Graph masks them."""
        said = [args.service_principal_id, *args.settings().values()]
        if args.values or holds_unknown(said):
            return False
        purpose = f"reading the secrets of service principal {args.service_principal_id}"
        found = self.graph(args).find(self._path(args), purpose)
        masked = found is None or any(pair["key"] in TYPED for pair in found["value"] if is_masked(pair.get("value")))
        return not masked and self._live(args, found) == args

    def _path(self, args: SynchronizationSecretsArgs) -> str:
        return paths.secrets(part(args.service_principal_id, "servicePrincipalId"))

    def _put(self, args: SynchronizationSecretsArgs, pairs: list[dict[str, JSON]], doing: str) -> GraphCall:
        purpose = f"{doing} the secrets of the synchronization application"
        return GraphCall(args.tenant.name, "PUT", self._path(args), {"value": pairs}, purpose, patience=building())


def is_mail(text: str) -> bool:
    """Whether a text is one mail address, which :func:`read_notification` gives back as it is."""
    return re.fullmatch(r"[^@\s;,]+@[^@\s;,]+", text) is not None


def read_notification(text: str) -> tuple[list[str], int]:
    """Recipients and deletion threshold of the notification settings; none and 0 if they are off.

    Raises:
        ValueError: The text is not what the service writes.
    """
    try:
        settings = json.loads(text)
        recipients = str(settings.get("Recipients") or "").replace(";", ",").split(",")
        threshold = int(settings.get("DeleteThresholdValue") or 500) if settings.get("DeleteThresholdEnabled") else 0
    except (ValueError, TypeError, AttributeError):
        raise ValueError("the value is not a JSON object of notification settings") from None
    return [each.strip() for each in recipients if each.strip()] if settings.get("Enabled") else [], max(threshold, 0)


def _is_json(value: JSON) -> bool:
    """Whether a text holds a JSON object or list."""
    try:
        return isinstance(json.loads(value), (dict, list))
    except (ValueError, TypeError):
        return False


def _known(body: JSON, declared: Mapping[str, JSON]) -> dict[str, JSON]:
    """Values by key: those that Graph shows, and for masked keys the declared ones."""
    return {
        pair["key"]: declared[pair["key"]] if is_masked(pair["value"]) else pair["value"]
        for pair in body["value"]
        if pair.get("value") is not None and (pair["key"] in declared or not is_masked(pair["value"]))
    }


# made by scripts/argument_types.py
class _Keywords(TypedDict, total=False):
    tenant: Required[Tenant]
    service_principal_id: Required[pulumi.Input[str]]
    target_tenant_id: Required[pulumi.Input[str]]
    authentication_type: pulumi.Input[str]
    sync_all: pulumi.Input[bool]
    notify: pulumi.Input[Sequence[pulumi.Input[str]]]
    deletion_threshold: pulumi.Input[int]
    values: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


# until here


class SynchronizationSecrets(Resource):
    """The target of the application's synchronization, and settings such as the deletion threshold.

    Attributes:
        tenant: The argument of the same name.
        service_principal_id: The argument of the same name.
        target_tenant_id: The argument of the same name.
        sync_all: The argument of the same name.
        notify: The argument of the same name.
        deletion_threshold: The argument of the same name.
    """

    handler = SynchronizationSecretsHandler

    service_principal_id: pulumi.Output[str]
    target_tenant_id: pulumi.Output[str]
    sync_all: pulumi.Output[bool]
    notify: pulumi.Output[list[str]]
    deletion_threshold: pulumi.Output[int]

    # made by scripts/argument_types.py
    if TYPE_CHECKING:
        tenant: pulumi.Output[Any]
        authentication_type: pulumi.Output[str]
        values: pulumi.Output[Any]

        @overload
        def __init__(
            self, resource_name: str, args: SynchronizationSecretsArgs, opts: pulumi.ResourceOptions | None = None
        ) -> None: ...

        @overload
        def __init__(
            self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[_Keywords]
        ) -> None: ...

        def __init__(self, *args: Any, **arguments: Any) -> None: ...

    # until here
