"""Stacks of the programs in programs/, with the fixtures of the tests of programs."""

from tests.programs.conftest import emulator, stack

__all__ = ["emulator", "stack"]
