"""Pure functions from spans and metrics to the two AWS formats."""
