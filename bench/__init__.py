"""Heliograph and its peers side by side: cold start, overhead, memory and size."""
