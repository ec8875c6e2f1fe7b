"""Bronto's payloads: `reading` makes our values of theirs, `writing` makes theirs of ours."""
