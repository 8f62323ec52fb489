"""After the response: the journal is replayed on the official OpenTelemetry SDK."""
