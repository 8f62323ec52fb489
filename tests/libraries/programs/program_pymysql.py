"""PyMySQL: a connection, many, a failure; the server is MariaDB."""

import contextlib

import pymysql


def main(at):
    host, _, port = at["mariadb"].partition(":")
    connection = pymysql.connect(host=host, port=int(port), user="test", database="shop")
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE pymysql_orders (id INT AUTO_INCREMENT PRIMARY KEY, article TEXT)")
    cursor.executemany("INSERT INTO pymysql_orders (article) VALUES (%s)", [("lens",), ("tripod",)])
    connection.commit()
    cursor.execute("SELECT article FROM pymysql_orders WHERE id = %s", (1,))
    told = cursor.fetchall()
    with contextlib.suppress(pymysql.MySQLError):
        cursor.execute("SELECT * FROM nowhere")
    cursor.execute("DROP TABLE pymysql_orders")
    connection.close()
    return told
