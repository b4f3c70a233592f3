"""Text from a file as GitHub Markdown that shows it and does nothing else.

What a run file holds may be anyone's: a name of a benchmark must not become a link, a picture,
a heading, a mention of a person or the end of a table's cell. ASCII punctuation behind a
backslash is that character and no markup (CommonMark 0.31, section 2.4); what GitHub finds in
the finished text (mentions, references to issues, addresses) is parted by a word joiner, which
has no width.
"""

from __future__ import annotations

import re

#: Longer texts are cut: a comment is read by people, and has to fit.
MOST_CHARACTERS = 300
JOINER = "\u2060"
#: What starts or ends markup anywhere. Underscores inside a word do neither.
_MARKUP = re.compile(r"[\\`*\[\]<>&~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
#: What is markup at the start of a line alone: headings, lists, rules.
_AT_START = re.compile(r"^(\d{0,9})([-+.)]|#{1,6})(?=[\s-]|$)")
#: What GitHub makes a link of: ``@name``, ``#12``, ``://``, ``www.``.
_REFERENCES = re.compile(r"@|#(?=\d)|:(?=//)|(?<=www)\.|(?<=WWW)\.|(?<=GH)-(?=\d)")
#: Characters that end lines, steer terminals or turn the direction of writing, and halves of
#: characters, which no file can hold.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")


def plain(value: object, most: int = MOST_CHARACTERS) -> str:
    """Return a value on one line, without what is no character, cut where it is long.

    Parameters
    ----------
    value : object
    most : int
        Characters.

    Returns
    -------
    str
    """
    line = " ".join(_CONTROL.sub(" ", str(value)).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def text(value: object, most: int = MOST_CHARACTERS) -> str:
    """Return a value as Markdown that shows it as it is, in a line, a list or a cell.

    Parameters
    ----------
    value : object
    most : int
        Characters of the value that are shown.

    Returns
    -------
    str
        Without escapes for ``|``, which only ends cells: ``bench.report.markdown.table`` does
        that.
    """
    escaped = _MARKUP.sub(r"\\\g<0>", plain(value, most))
    escaped = _AT_START.sub(r"\1\\\2", escaped)
    return _REFERENCES.sub(rf"\g<0>{JOINER}", escaped)


def code(value: object, most: int = MOST_CHARACTERS) -> str:
    """Return a value as inline code, between as many backticks as it takes.

    Parameters
    ----------
    value : object
    most : int
        Characters of the value that are shown.

    Returns
    -------
    str
        Empty where the value is: there is no empty code.
    """
    line = plain(value, most)
    if not line:
        return ""
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{room}{line}{room}{fence}"
