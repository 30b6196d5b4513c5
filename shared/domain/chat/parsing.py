"""From what somebody wrote to a command, or to what was not understood.

Nothing is guessed: whatever can't be read as exactly one command is misunderstood. What is understood has one written
form (`Asked.echo`), which can be shown and confirmed, and which reads as the same command again.
"""

from dataclasses import dataclass
from difflib import get_close_matches

from shared.domain.chat.command import Argument, Command, Kind
from shared.domain.chat.grammar import BY_NAME
from shared.domain.chat.sentence import Sentence, Word, take_apart
from shared.domain.chat.talk import MENTION, Asked
from shared.domain.chat.typed import typed
from shared.domain.chat.words import UnreadableError, nearly, read_option, read_word

MOST_CHARACTERS = 4000
"""Of one message. No command needs more."""
_CALLED = {part: name for name in reversed(BY_NAME) for part in (name.split()[-1], name.split()[0], name)}
"""Commands by their names, and by either word of them: the first command that has it."""
_SECRETS = {"password", "passwordhash", "pass", "pwd", "secret", "token", "key"}


@dataclass(frozen=True)
class Misunderstood:
    """Why nothing was done. Of what was written it repeats names of commands and options alone: the
    rest may be secret.
    """

    problem: str
    """What was not understood, in a sentence or two."""
    nearest: str | None = None
    """The command that was meant, or that comes nearest."""
    usage: str = ""
    """Its form."""
    example: str = ""
    """One that can be said as it is."""


def parse(text: str) -> Asked | Misunderstood:
    """The command in `text`, as a platform sent it. Never raises. Who says nothing asks for help."""
    if len(text) > MOST_CHARACTERS:
        return Misunderstood(f"That is longer than {MOST_CHARACTERS} characters.")
    line = typed(text)
    if not line:
        return Asked("help")
    if (command := _begun(line)) is None:
        return _unknown(line)
    try:
        return _asked(take_apart(line))
    except UnreadableError as error:
        problem = error.problem or f"Something is missing, or out of place: it takes {command.takes}."
        return _misunderstood(f"`{command.name}` was not understood. {problem}", command)


def _begun(line: str) -> Command | None:
    """The command that its first words name."""
    words = line.lower().split()
    return BY_NAME.get(" ".join(words[:2])) or BY_NAME.get(words[0])


def _unknown(line: str) -> Misunderstood:
    first = line.split(maxsplit=1)[0].lower()
    endings = [name.split()[1] for name in BY_NAME if name.startswith(f"{first} ")]
    problem = f"`{first}` goes on with {', '.join(endings)}." if endings else "There is no such command."
    nearest = nearest_command(line)
    return _misunderstood(problem, BY_NAME[nearest] if nearest else None)


def _misunderstood(problem: str, command: Command | None) -> Misunderstood:
    if command is None:
        return Misunderstood(problem)
    return Misunderstood(problem, command.name, command.usage, command.example)


def nearest_command(line: str) -> str | None:
    """The name that the beginning of `line` comes nearest to: of `usr ad`, `rotate` and `user`, too."""
    words = nearly(line).split()[:2]
    for said in (" ".join(words), *words[:1]):
        if found := get_close_matches(said, _CALLED, n=1, cutoff=0.7):
            return _CALLED[found[0]]
    return None


def _asked(sentence: Sentence) -> Asked:
    command, number = sentence.command, len(sentence.words)
    if (taken := command.taking(number)) is None:
        raise UnreadableError(_wrong_number(command, number))
    arguments = dict(map(_argument, taken, sentence.words))
    options: dict[str, str] = {}
    for key, word in sentence.options:
        name, value = _option(command, key, word.text)
        if name in options:
            raise UnreadableError(f"The option {name} is there twice.")
        options[name] = value
    return Asked(command.name, arguments, options)


def _wrong_number(command: Command, number: int) -> str:
    missing = [argument.name for argument in command.arguments if not argument.optional]
    if number < len(missing):
        return f"It needs {' and '.join(f'{_article(name)} {name}' for name in missing)}."
    if not command.arguments:
        return "Nothing may follow it but its options." if command.own_options else "Nothing may follow it."
    return f"It takes {command.takes}, and there {'is 1 word' if number == 1 else f'are {number} words'}."


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeio" else "a"


def _argument(argument: Argument, word: Word) -> tuple[str, str]:
    if word.mention is not None and argument.kind in {Kind.PERSON, Kind.USERNAME}:
        return MENTION, word.mention
    if word.has_mention and not argument.rest:
        raise UnreadableError("A mention stands alone, and for a person.")
    if argument.kind is Kind.COMMAND:
        return argument.name, _command_name(word.text)
    if argument.rest and not word.text.strip():
        raise UnreadableError(f"It needs {_article(argument.name)} {argument.name}.")
    name = "username" if argument.kind is Kind.PERSON else argument.name
    return name, read_word(argument.kind, word.text)


def _command_name(text: str) -> str:
    name = " ".join(text.lower().split())
    if name in BY_NAME or any(command.startswith(f"{name} ") for command in BY_NAME):
        return name
    nearest = nearest_command(text)
    raise UnreadableError("There is no such command." + (f" Did you mean `{nearest}`?" if nearest else ""))


def _option(command: Command, key: str, value: str) -> tuple[str, str]:
    option = command.option(key)
    if option is None:
        raise UnreadableError(_no_option(command, key))
    return read_option(option, key, value)


def _no_option(command: Command, key: str) -> str:
    if key.lower() in _SECRETS:
        return "A password is never written in a chat: one is made for you, and a link shows it once."
    names = [option.name for option in command.own_options]
    if not names:
        return "It takes no options."
    nearest = get_close_matches(key.lower(), {name.lower() for name in names}, n=1)
    meant = next((name for name in names if [name.lower()] == nearest), None)
    return f"Its options are {', '.join(names)}." + (f" Did you mean {meant}?" if meant else "")
