"""sqlite3: statements, many, a script, a failure."""

import contextlib
import sqlite3


def main(at):
    connection = sqlite3.connect(":memory:")
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, article TEXT)")
    cursor.executemany("INSERT INTO orders (article) VALUES (?)", [("lens",), ("tripod",)])
    connection.commit()
    cursor.execute("SELECT article FROM orders WHERE id = ?", (1,))
    told = cursor.fetchall()
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("SELECT * FROM nowhere")
    connection.close()
    return told
