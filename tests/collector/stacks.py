"""Stack texts as Python writes them, and some as it does not."""

from __future__ import annotations

PLAIN = """Traceback (most recent call last):
  File "main.py", line 14, in <module>
    greet_many(['Chad', 'Dan', 1])
  File "greetings.py", line 12, in greet_many
    print('hello, ' + person)
TypeError: must be str, not int
"""
DURING = """Traceback (most recent call last):
  File "bar.py", line 10, in greet_many
    greet(person)
  File "foo.py", line 5, in greet
    raise ValueError('bad value')
ValueError: bad value
with more on
new lines

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "main.py", line 14, in <module>
    greet_many(['Chad', 'Dan', 1])
  File "greetings.py", line 12, in greet_many
    print('hello, ' + person)
TypeError: must be str, not int
"""
FROM = DURING.replace(
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
MARKED = """Traceback (most recent call last):
  File "deep.py", line 2, in down
    return down(n - 1)
           ^^^^^^^^^^^
  [Previous line repeated 40 more times]
  File "a, b.py", line 3, in last
    1 / 0
    ~~^~~
ZeroDivisionError: division by zero
"""
SYNTAX = """Traceback (most recent call last):
  File "main.py", line 1, in <module>
    import broken
  File "broken.py", line 3
    def f(:
          ^
SyntaxError: invalid syntax
"""
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "main.py", line 5, in <module>
  |     raise ExceptionGroup("two", [one, other])
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +---------------- 2 ----------------
    | TypeError: other
    +------------------------------------
"""
LONG = "".join(
    ["Traceback (most recent call last):\n"]
    + [f'  File "deep.py", line {line}, in down\n    down()\n' for line in range(1, 71)]
    + ["RecursionError: maximum recursion depth exceeded\n"]
)
MALFORMED = """Traceback (most recent call last):
  File "main.py", line 14 in <module>
    greet_many(['Chad', 'Dan', 1])
  File "greetings.py", line twelve, in greet_many
    greet(person)
  File "foo.py", line 5, in
    raise ValueError('bad value')
ValueError: bad value
"""
