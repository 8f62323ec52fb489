"""asyncpg: statements, a transaction, a pool, a failure."""

import asyncio
import contextlib

import asyncpg


def main(at):
    return asyncio.run(awaited(at))


async def awaited(at):
    url = f"postgresql://test@{at['postgresql']}/postgres"
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE asyncpg_orders (id serial, article text)")
    async with connection.transaction():
        await connection.executemany(
            "INSERT INTO asyncpg_orders (article) VALUES ($1)", [("lens",), ("tripod",)]
        )
    told = [
        await connection.fetchval("SELECT article FROM asyncpg_orders WHERE id = $1", 1),
        [row["article"] for row in await connection.fetch("SELECT article FROM asyncpg_orders")],
    ]
    with contextlib.suppress(asyncpg.PostgresError):
        await connection.execute("SELECT * FROM nowhere")
    await connection.execute("DROP TABLE asyncpg_orders")
    await connection.close()
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        told.append(await pool.fetchval("SELECT 2"))
    return told
