"""Functions whose code does what any user's may do: a program for the rules of CONTRIBUTING.md.

Each module has a handler that answers with what the case that the event names gives or raises.
"""
