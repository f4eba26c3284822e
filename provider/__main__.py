"""The packaged provider from its source: PulumiPlugin.yaml beside this file has the engine start it."""

from entra_sync.program.packaged.__main__ import main

main()
