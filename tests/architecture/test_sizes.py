"""Files, functions and nesting stay within what a reader can hold."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from tests.architecture import tidy

Rule = Callable[[str], list[str]]
RULES: list[Rule] = [tidy.long_file, tidy.long_functions, tidy.deep_functions]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_to_the_rule(rule: Rule) -> None:
    found = [f"{path} {fault}" for path, text in tidy.python_files() for fault in rule(text)]
    assert not found, "\n".join(found)


def test_queries_live_in_sql_files() -> None:
    found = [
        f"{path} {fault}"
        for path, text in tidy.python_files()
        if path not in tidy.SQL_PRINTERS
        for fault in tidy.sql_in_python(text)
    ]
    assert not found, "\n".join(found)


def test_a_file_over_the_limit_is_found() -> None:
    assert tidy.long_file("x = 1\n" * 500) == []
    assert tidy.long_file("x = 1\n" * 501)


def test_a_function_over_the_limit_is_found_wherever_it_stands() -> None:
    body = "        pass\n" * 60
    assert tidy.long_functions(f"class A:\n    async def f(self):\n{body}")
    assert tidy.long_functions("def f():\n" + "    pass\n" * 59) == []


NESTED = """
def f(rows):
    for row in rows:
        if row:
            with row:
                {deepest}
"""


def test_a_fourth_level_is_found_and_a_third_is_not() -> None:
    assert tidy.deep_functions(NESTED.format(deepest="pass")) == []
    assert tidy.deep_functions(NESTED.format(deepest="while True: pass"))


def test_a_chain_of_elif_is_one_level() -> None:
    chain = textwrap.dedent("""
        def f(x):
            if x == 1: pass
            elif x == 2: pass
            elif x == 3: pass
            elif x == 4: pass
            elif x == 5: pass
    """)
    assert tidy.deep_functions(chain) == []


def test_sql_in_a_string_is_found_and_in_a_docstring_is_not() -> None:
    assert tidy.sql_in_python("q = 'SELECT a FROM b'")
    assert tidy.sql_in_python("q = f'delete from event where x = {y}'")
    assert tidy.sql_in_python('def f():\n    """Runs SELECT a FROM b."""') == []
    assert tidy.sql_in_python("title = 'Select a shop'") == []
