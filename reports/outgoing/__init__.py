"""The record pushed to the plant database: stored here first, forwarded when the network is there.

**No table of what is to be sent.** The record is append-only, and its rows have positions without gaps; so
what is to be sent is what lies behind the last row that the plant has, and only the plant knows which that
is. It says so at each connection. A table of outgoing rows would be a second write on the part's way, and a
second truth.

**On nobody's way.** A process of its own reads the record as reports do, in short transactions, and writes
nothing into it, but for an event where the plant refuses a row.
"""
