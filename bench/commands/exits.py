"""What the exit code of ``python -m bench …`` says."""

from __future__ import annotations

import os
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; scripts may rely on them.

    ====  ===========  ==============================================================
    code  name         meaning
    ====  ===========  ==============================================================
    0     OK           everything asked for was done; of a comparison: no case is slower
    1     FAILED       something asked for could not be measured, was wrong, or could
                       not be saved; of a comparison only: a case is slower, and confirmed
    2     USAGE        the command line is wrong; the message says what is allowed
    3     UNCLEAR      measured, but too noisy or too short to answer; nothing is
                       claimed. Of a comparison: no case is confirmed to be slower, and
                       some are unclear, untrusted, missing, or slower and unconfirmed,
                       or what was measured could not be saved
    4     NOTHING      nothing comparable: no two runs share a series
    70    CRASHED      an error in the program itself; the traceback is on stderr, and nothing
                       is claimed
    130   INTERRUPTED  Ctrl-C or SIGTERM; what was measured is saved
    ====  ===========  ==============================================================
    """

    OK = 0
    FAILED = 1
    USAGE = 2
    UNCLEAR = 3
    NOTHING = 4
    CRASHED = os.EX_SOFTWARE
    INTERRUPTED = 130
