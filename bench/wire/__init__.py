"""The tap: a relay between driver and server, in a process of its own, that counts what crosses and adds round-trip
time.
"""
