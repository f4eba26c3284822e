"""What this package assumes about Microsoft's service: the one register of facts and guesses, with their sources.

The provider and the emulator take these values from here, ``entra-sync verify`` compares them with two real tenants,
and docs/emulator/fidelity.md lists them. What a tenant showed instead can be saved to a file and given to the emulator,
which then behaves in that way: see :class:`Facts`.
"""

from entra_sync.microsoft.assumptions import applications, clouds, responses, waits
from entra_sync.microsoft.assumptions.applications import (
    CROSS_CLOUD_NAMES,
    CROSS_CLOUD_WORDS,
    DATABRICKS_NAME,
    SAME_CLOUD_TEMPLATE,
)
from entra_sync.microsoft.assumptions.clouds import (
    NOT_IN_NATIONAL_CLOUDS,
    OBJECT_CONNECTIONS,
    SMS_IDENTITY,
    SMS_SIGN_IN,
)
from entra_sync.microsoft.assumptions.facts import FORMAT, Facts, found
from entra_sync.microsoft.assumptions.register import REGISTER, Assumption, Basis, guesses
from entra_sync.microsoft.assumptions.waits import AGREEING_PAUSE, ASSIGNMENT_LAG, PATIENCE, REPLICA_LAG, SECOND_LOOK

__all__ = [
    "AGREEING_PAUSE",
    "ASSIGNMENT_LAG",
    "CROSS_CLOUD_NAMES",
    "CROSS_CLOUD_WORDS",
    "DATABRICKS_NAME",
    "FORMAT",
    "NOT_IN_NATIONAL_CLOUDS",
    "OBJECT_CONNECTIONS",
    "PATIENCE",
    "REGISTER",
    "REPLICA_LAG",
    "SAME_CLOUD_TEMPLATE",
    "SECOND_LOOK",
    "SMS_IDENTITY",
    "SMS_SIGN_IN",
    "Assumption",
    "Basis",
    "Facts",
    "applications",
    "clouds",
    "found",
    "guesses",
    "responses",
    "waits",
]
