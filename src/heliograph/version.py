"""The version of this distribution, where no metadata needs to be read for it."""

VERSION = "0.1.0"
