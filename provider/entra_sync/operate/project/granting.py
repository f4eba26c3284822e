"""Commands that grant application permissions to an application, for a shell with Azure CLI and for PowerShell.

Both make an app role assignment for each permission, which is what admin consent makes ("Grant an appRoleAssignment to
a service principal"). Role ids are looked up in the tenant, so that the same commands serve every cloud.
"""

from __future__ import annotations

from collections.abc import Sequence

from entra_sync.graph.paths import SERVICE_PRINCIPALS
from entra_sync.graph.permissions import GRAPH_APPLICATION
from entra_sync.microsoft.clouds import Cloud
from entra_sync.microsoft.tenant import Tenant

__all__ = ["azure_cli", "powershell"]

_AZURE_CLOUDS = {
    Cloud.GLOBAL: "AzureCloud",
    Cloud.USGOV: "AzureUSGovernment",
    Cloud.USGOV_DOD: "AzureUSGovernment",
    Cloud.CHINA: "AzureChinaCloud",
}
_ENVIRONMENTS = {Cloud.GLOBAL: "Global", Cloud.USGOV: "USGov", Cloud.USGOV_DOD: "USGovDoD", Cloud.CHINA: "China"}


def azure_cli(tenant: Tenant, permissions: Sequence[str]) -> str:
    """Returns shell commands that grant *permissions* to the tenant's application.

    An administrator runs them who may grant application permissions, e.g. a Privileged Role Administrator.
    """
    client = _client(tenant)
    return f"""# {tenant}: sign in as an administrator who may grant application permissions
az cloud set --name {_AZURE_CLOUDS[tenant.cloud]}
az login --tenant {tenant.tenant_id} --allow-no-subscriptions
url={tenant.graph}{SERVICE_PRINCIPALS}
app=$(az rest --resource {tenant.graph} --url "$url(appId='{client}')" --query id -o tsv)
api=$(az rest --resource {tenant.graph} --url "$url(appId='{GRAPH_APPLICATION}')" --query id -o tsv)
for permission in {" ".join(permissions)}; do
  role=$(az rest --resource {tenant.graph} --url "$url/$api" --query "appRoles[?value=='$permission'].id" -o tsv)
  az rest --resource {tenant.graph} --method POST --url "$url/$app/appRoleAssignments" \\
    --body "{{\\"principalId\\": \\"$app\\", \\"resourceId\\": \\"$api\\", \\"appRoleId\\": \\"$role\\"}}"
done
"""


def powershell(tenant: Tenant, permissions: Sequence[str]) -> str:
    """Returns PowerShell commands (module Microsoft.Graph) that grant *permissions* to the tenant's application."""
    names = ", ".join(f'"{each}"' for each in permissions)
    scopes = '"AppRoleAssignment.ReadWrite.All", "Application.Read.All"'
    environment = _ENVIRONMENTS[tenant.cloud]
    return f"""# {tenant}: sign in as an administrator who may grant application permissions
Connect-MgGraph -TenantId {tenant.tenant_id} -Environment {environment} -Scopes {scopes}
$app = Get-MgServicePrincipal -Filter "appId eq '{_client(tenant)}'"
$api = Get-MgServicePrincipal -Filter "appId eq '{GRAPH_APPLICATION}'"
foreach ($name in {names}) {{
  $role = $api.AppRoles | Where-Object Value -eq $name
  New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id `
    -PrincipalId $app.Id -ResourceId $api.Id -AppRoleId $role.Id
}}
"""


def _client(tenant: Tenant) -> str:
    """The application's client id, or a placeholder that says which variable names it."""
    return tenant.setting("CLIENT_ID") or f"<{tenant.variable('CLIENT_ID')}>"
