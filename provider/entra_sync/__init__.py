"""Microsoft Entra cross-cloud synchronization as code."""
