"""Who owns what: renames, moves, shared objects, crashes and adoption."""
