"""What must survive a restart: the same small port on SQLite and on PostgreSQL.

Read `port.py` for what is asked, `sql.py` for what answers, `tables.py` for what is kept.
`database.py` and `connection.py` are the connections; `pages.py` and `owned.py` how lists are read;
`merging.py` decides, without I/O, what a record remembers, `steps.py` how a write may go on;
`settling.py` names what a write that is settled may change.
"""
