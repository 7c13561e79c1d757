"""The least that does the same job: each a program of its own, with nothing of slcp in it."""
