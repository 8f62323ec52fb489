"""The OpenTelemetry API, recorded. Loaded only once user code has imported opentelemetry."""
