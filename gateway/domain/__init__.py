"""Plain values of the domain: no I/O, and nothing of ours is imported here."""
