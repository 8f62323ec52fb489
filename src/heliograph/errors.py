"""Errors that a user can meet: only for values passed in code, never from the environment."""


class ConfigurationError(ValueError):
    """A value passed to the public API is not usable. Says the name, the value and the choices."""
