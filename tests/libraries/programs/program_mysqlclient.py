"""mysqlclient: a connection, many, a failure; the server is MariaDB."""

import contextlib

import MySQLdb


def main(at):
    host, _, port = at["mariadb"].partition(":")
    connection = MySQLdb.connect(host=host, port=int(port), user="test", database="shop")
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE mysqlclient_orders (id INT AUTO_INCREMENT PRIMARY KEY, article TEXT)"
    )
    cursor.executemany(
        "INSERT INTO mysqlclient_orders (article) VALUES (%s)", [("lens",), ("tripod",)]
    )
    connection.commit()
    cursor.execute("SELECT article FROM mysqlclient_orders WHERE id = %s", (1,))
    told = cursor.fetchall()
    with contextlib.suppress(MySQLdb.MySQLError):
        cursor.execute("SELECT * FROM nowhere")
    cursor.execute("DROP TABLE mysqlclient_orders")
    connection.close()
    return told
