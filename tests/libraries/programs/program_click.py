"""click: a command, one within a group, a failure."""

import contextlib

import click


@click.group()
def shop():
    pass


@shop.command()
@click.argument("article")
def order(article):
    if article == "mirror":
        raise ValueError("out of stock")


def main(at):
    shop(["order", "lens"], standalone_mode=False)
    with contextlib.suppress(ValueError):
        shop(["order", "mirror"], standalone_mode=False)
