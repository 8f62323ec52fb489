"""The version of this distribution, where no metadata needs to be read for it."""

VERSION = "0.1.0"
SCOPE = ("heliograph", VERSION)
"""Scope of the spans and instruments that the public names and the handler make."""
