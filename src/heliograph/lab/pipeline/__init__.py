"""Several functions and what lies between them: gateway, topics, queues, buses, partners."""
