"""How to call anyone well: knows no vendor and no GraphQL. Read `stack.py` first."""
