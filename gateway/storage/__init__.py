"""What must survive a restart: the same small port on SQLite and on PostgreSQL."""
