"""Stacks of the programs in programs/, with the fixtures of the tests of programs."""

from tests.programs.conftest import emulator, project, stack

__all__ = ["emulator", "project", "stack"]
