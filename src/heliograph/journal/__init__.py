"""Before the response: facts are written down, nothing else. Standard library only."""
