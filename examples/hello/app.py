"""The smallest function: it knows nothing of Heliograph."""


def handler(event, context):
    return {"statusCode": 200, "body": f"hello {event.get('name', 'world')}"}
