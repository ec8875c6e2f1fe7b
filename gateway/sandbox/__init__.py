"""A believable outside world on real sockets: every vendor's double, with faults and limits.

Only `gateway demo`, `gateway sandbox` and tests start it. The harness knows no vendor: it finds
each double by the enum, as `gateway.vendors.<value>.sandbox`.
"""
