"""psycopg 3: connections of both kinds, a transaction, many, a failure."""

import asyncio

import psycopg


def main(at):
    with psycopg.connect(f"postgresql://test@{at['postgresql']}/postgres") as connection:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE psycopg_orders (id serial, article text)")
            cursor.executemany(
                "INSERT INTO psycopg_orders (article) VALUES (%s)", [("lens",), ("tripod",)]
            )
            cursor.execute("SELECT article FROM psycopg_orders WHERE id = %s", (1,))
            told = cursor.fetchall()
        connection.commit()
        try:
            connection.execute("SELECT * FROM nowhere")
        except psycopg.Error:
            connection.rollback()
        connection.execute("DROP TABLE psycopg_orders")
    return [told, asyncio.run(awaited(at))]


async def awaited(at):
    url = f"postgresql://test@{at['postgresql']}/postgres"
    connection = await psycopg.AsyncConnection.connect(url)
    async with connection, connection.cursor() as cursor:
        await cursor.execute("SELECT 1")
        return await cursor.fetchall()
