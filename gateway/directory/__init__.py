"""One agency's unified view over its vendors, for one request; knows vendors, not GraphQL."""
