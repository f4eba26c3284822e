"""Microsoft's clouds, their endpoints, and which of them may be linked in which direction.

Endpoints are those of the Microsoft Graph page "National cloud deployments"; the values of ``allowedCloudEndpoints``
those of "crossTenantAccessPolicy resource type"; supported pairs those of "Configure cross-tenant synchronization"
(Entra documentation, section on clouds). The table of pairs is directed: a pair that is not listed is not supported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from entra_sync.errors.names import ToldWords

__all__ = ["CLOUDS", "Cloud", "CloudInfo", "Pair", "family", "pair"]


class Cloud(StrEnum, metaclass=ToldWords):
    """A Microsoft cloud, by the name that programs use."""

    GLOBAL = "global"
    USGOV = "usgov"
    USGOV_DOD = "usgovdod"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class CloudInfo:
    """Where a cloud answers.

    Attributes:
        label: Name for people.
        graph: Root of Microsoft Graph, without version.
        authority: Login authority that issues its tokens.
        endpoint: Its value in ``allowedCloudEndpoints``; the two US Government clouds share one.
        exchange: Audience of the tokens that its workload identity federation takes (page "Configure an app to trust
            an external identity provider").
    """

    label: str
    graph: str
    authority: str
    endpoint: str
    exchange: str


CLOUDS: dict[Cloud, CloudInfo] = {
    Cloud.GLOBAL: CloudInfo(
        "global",
        "https://graph.microsoft.com",
        "https://login.microsoftonline.com",
        "microsoftonline.com",
        "api://AzureADTokenExchange",
    ),
    Cloud.USGOV: CloudInfo(
        "US Government",
        "https://graph.microsoft.us",
        "https://login.microsoftonline.us",
        "microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    Cloud.USGOV_DOD: CloudInfo(
        "US Government DoD",
        "https://dod-graph.microsoft.us",
        "https://login.microsoftonline.us",
        "microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    Cloud.CHINA: CloudInfo(
        "China (21Vianet)",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
        "partner.microsoftonline.cn",
        "api://AzureADTokenExchangeChina",
    ),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """What a link from one cloud to another can do.

    Attributes:
        supported: Whether the service synchronizes in this direction at all.
        reason: Why not; empty if it does.
        cross_cloud: The two tenants are in different clouds, so each must allow the other's cloud.
        manager: The manager attribute can be synchronized.
    """

    supported: bool
    reason: str
    cross_cloud: bool
    manager: bool


_SUPPORTED = {
    ("global", "global"),
    ("usgov", "usgov"),
    ("china", "china"),  # a guess: Microsoft's pages disagree on 21Vianet tenants with each other
    ("global", "usgov"),
    ("usgov", "global"),
    ("global", "china"),
}
_REFUSED = {
    ("china", "global"): "a China (21Vianet) tenant can only receive people from the global cloud",
    ("china", "usgov"): "US Government and China (21Vianet) tenants cannot be linked",
    ("usgov", "china"): "US Government and China (21Vianet) tenants cannot be linked",
}


def family(cloud: Cloud) -> str:
    """The name of the clouds that share a login authority and rules: the two of the US Government have one."""
    return "usgov" if cloud is Cloud.USGOV_DOD else str(cloud)


def pair(source: Cloud, target: Cloud) -> Pair:
    """What the service supports from *source* to *target*, with the reason where it does not."""
    families = (family(source), family(target))
    cross_cloud = families[0] != families[1]
    same_commercial = families == ("global", "global")
    supported = families in _SUPPORTED
    return Pair(
        supported=supported,
        reason="" if supported else _REFUSED[families],
        cross_cloud=cross_cloud,
        manager=same_commercial,
    )
