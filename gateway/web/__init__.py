"""The ASGI face: GraphQL over HTTP, keys, the explorer, health."""
