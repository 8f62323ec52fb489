"""psycopg2: a connection, many, a failure."""

import psycopg2


def main(at):
    host, _, port = at["postgresql"].partition(":")
    connection = psycopg2.connect(host=host, port=port, user="test", dbname="postgres")
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE psycopg2_orders (id serial, article text)")
        cursor.executemany(
            "INSERT INTO psycopg2_orders (article) VALUES (%s)", [("lens",), ("tripod",)]
        )
        cursor.execute("SELECT article FROM psycopg2_orders WHERE id = %s", (1,))
        told = cursor.fetchall()
        cursor.execute("DROP TABLE psycopg2_orders")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")
    except psycopg2.Error:
        pass
    connection.close()
    return told
