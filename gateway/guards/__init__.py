"""What an operation must pass before it runs."""
