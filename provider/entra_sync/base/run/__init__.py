"""What a process remembers while its one run lasts: who declares an object, what is locked, what is unfinished."""
