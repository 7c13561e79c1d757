from shown_messages import plain

from slcpctl.conversing.typed import COMMANDS
from slcpctl.screen.help import CHOSEN, KEYS, help_lines


def test_all_keys_and_commands_are_told_with_what_they_do() -> None:
    commands = {f"/{name} {row.usage}".rstrip(): row.summary for name, row in COMMANDS.items()}
    for head, words in (KEYS | CHOSEN | commands).items():
        assert rows_of(head, words), head


def test_what_keys_do_stands_in_one_column() -> None:
    for table in (KEYS, CHOSEN):
        assert len({row.index(words) for keys, words in table.items() for row in rows_of(keys, words)}) == 1


def rows_of(head: str, words: str) -> list[str]:
    """Return the lines that tell this of it."""
    lines = map(plain, help_lines())
    return [line for line in lines if line.startswith(f"  {head} ") and line.endswith(f"  {words}")]
