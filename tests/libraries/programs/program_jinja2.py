"""Jinja2: a template from a text and one that is loaded."""

import jinja2


def main(at):
    environment = jinja2.Environment(loader=jinja2.DictLoader({"page": "an {{ article }}"}))
    told = [jinja2.Template("a {{ article }}").render(article="lens")]
    told.append(environment.get_template("page").render(article="eyepiece"))
    return told
