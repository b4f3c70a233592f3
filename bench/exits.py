"""What the exit code of ``python -m bench …`` says."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; scripts may rely on them.

    ====  ===========  ==============================================================
    code  name         meaning
    ====  ===========  ==============================================================
    0     OK           everything asked for was done
    1     FAILED       something asked for could not be measured, was wrong, or could
                       not be saved
    2     USAGE        the command line is wrong; the message says what is allowed
    3     UNCLEAR      measured, but too noisy or too short to answer; nothing is
                       claimed
    4     NOTHING      nothing comparable: no two runs share a series
    130   INTERRUPTED  Ctrl-C or SIGTERM; what was measured is saved
    ====  ===========  ==============================================================
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    UNCLEAR = 3
    NOTHING = 4
    INTERRUPTED = 130
