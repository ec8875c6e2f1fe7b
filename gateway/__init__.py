"""A GraphQL gateway that unifies agencies, clients, links and tokens over many vendors."""

__version__ = "0.1.0"
