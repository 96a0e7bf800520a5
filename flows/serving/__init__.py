"""Everything local, supervised: servers, workers, and where two sides meet on one machine.

`leash` ends a program's whole tree with its starter; `program` starts a program under it, waits for it and starts it
again; `programs` says which there are; `ports` and `exchange` are what they need; `zombies` and `pools` are what a
Prefect server must know.
"""
