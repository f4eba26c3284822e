"""Commands for continuous integration: a comment for reviewers, and how a pipeline signs in."""
