"""A local Lambda: Runtime API, X-Ray daemon and printer around the real runtime client."""
