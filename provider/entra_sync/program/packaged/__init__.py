"""The same handlers as a packaged provider, ``pulumi-resource-entra``, for programs in every Pulumi language.

Everything in which the packaged form differs from the dynamic one is here: how values travel, the schema that tells
other languages what there is, and a component that is built in the provider's process.
"""
