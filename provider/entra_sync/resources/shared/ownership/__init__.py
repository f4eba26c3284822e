"""Who owns an object: the declarations of this run, the links that share it, and the record on each application."""
