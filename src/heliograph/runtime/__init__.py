"""Where the package meets the Lambda runtime: bootstrap, handler, and the end of an invocation."""
