"""Writes docs/reference/permissions.md from the requests that programs and commands make.

`python scripts/pages/permission_pages.py` writes the page; a test compares it with what is there.
"""

from __future__ import annotations

from pathlib import Path

from entra_sync.graph.permissions import least
from entra_sync.operate.project.purpose import Purpose
from entra_sync.operate.project.requirements import COMMANDS, Declared, needs

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "permissions.md"
SHARED = ("AllowedCloudEndpoint", "CrossTenantPartner")
SOURCE = (
    *SHARED,
    "AppRoleAssignments",
    "LinkImpact",
    "ServicePrincipal",
    "SynchronizationJob",
    "SynchronizationSchedule",
    "SynchronizationSchema",
    "SynchronizationSecrets",
)
"""Resources of a CrossCloudLink in the source tenant."""

TARGET = (*SHARED, "IdentitySynchronization")
"""Those in the target tenant."""

TOGETHER = {"AppRoleAssignments", "SynchronizationSchedule", "SynchronizationSchema", "SynchronizationSecrets"}
"""Those that a destroy sends nothing for, because they go with the application or the job."""

START = """# Permissions

Made by `scripts/pages/permission_pages.py` from the code. List what your own program needs, and grant it:

```sh
entra-sync permissions                        # a table for each tenant
entra-sync permissions --for up --script az   # commands for Azure CLI; or powershell
```

All are application permissions on Microsoft Graph, the least privileged ones, and need admin consent.
Tests run every program on the emulator with exactly these permissions.
The emulator checks permissions as Microsoft's reference pages list them.

`entra-sync doctor` checks what is missing.

## A CrossCloudLink

- `preview` is a preview that only reads (`ENTRA_SYNC_READ_ONLY`).
  An ordinary preview also checks the permissions of `up`.
- Without `ProvisioningLog.Read.All` or the license permissions, the impact plan says what is missing and is incomplete.
- Microsoft's pages disagree on reading object connections: `Synchronization.Read.All` in the how-to,
  `SynchronizationMetadata.Read.All` in the reference. If the first one is refused, add the second one.
- Without `Application.Read.All` in the target, a preview cannot check whether it allows cross-cloud synchronization.
- If the source lets users sign in by SMS, add `UserAuthMethod-Phone.Read.All` there: synchronization skips users
  who do. Without it the impact plan marks users as uncertain.
- A link with `licenses=` also needs `LicenseAssignment.ReadWrite.All` in the source.
"""


def page() -> str:
    """The whole page."""
    link = [*(declared(kind, "source") for kind in SOURCE), *(declared(kind, "target") for kind in TARGET)]
    parts = [START]
    for tenant in ("source", "target"):
        columns = {
            purpose: {each.permission for each in needs(link, purpose) if each.tenant == tenant} for purpose in Purpose
        }
        parts.append(f"### In the {tenant} tenant\n")
        parts.append(
            table(
                ["permission", *map(str, Purpose)],
                [
                    [f"`{permission}`", *("yes" if permission in columns[purpose] else "" for purpose in Purpose)]
                    for permission in sorted(set().union(*columns.values()))
                ],
            )
        )
    parts.append("## Commands\n\n`impact`, `comment` and `drift` run a preview of the program; see the table above.\n")
    parts.append(
        table(
            ["command", "reads", "source", "target"],
            [
                [f"`{name}`", "; ".join(shown(each) for each in (*source, *target)), codes(source), codes(target)]
                for name, (source, target) in COMMANDS.items()
            ],
        )
    )
    return "\n".join(parts)


def declared(kind: str, side: str) -> Declared:
    """A resource of a link on one side."""
    other = {"target": {"name": "target"}} if kind in {"LinkImpact", "ServicePrincipal"} else {}
    return Declared(kind, {"tenant": {"name": side}, **other}, deleted_with=kind in TOGETHER)


def shown(request: str) -> str:
    """A request as people read it."""
    method, path = request.split(" ", 1)
    short = path.removeprefix("/servicePrincipals/{id}/synchronization")
    return short.strip("/") if method == "GET" else f"{method} {short.strip('/')}"


def codes(requests: tuple[str, ...]) -> str:
    """The permissions of requests, as code."""
    found = least((method, path) for method, path in (each.split(" ", 1) for each in requests))
    return ", ".join(f"`{each}`" for each in found)


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
