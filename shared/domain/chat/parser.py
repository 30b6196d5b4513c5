"""The parser. Imported with the first command: that costs 30 ms, and the import itself sees to it that only one of many
commands at once pays for them.
"""

from lark import Lark

from shared.domain.chat.written import grammar

PARSER = Lark(grammar(), parser="lalr")
