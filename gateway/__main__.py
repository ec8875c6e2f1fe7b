"""`python -m gateway` is the command line."""

from .cli.main import main

main()
