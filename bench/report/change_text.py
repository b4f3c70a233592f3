"""How a change is written: in percent, and which way."""

from __future__ import annotations

from bench.report.digits import plain


def change(ratio: float, low: float | None = None, high: float | None = None) -> str:
    """Write how much longer or shorter something takes.

    Parameters
    ----------
    ratio : float
        Seconds after over seconds before.
    low, high : float, optional
        Its interval.

    Returns
    -------
    str
        ``5.1% slower (4.2% to 6.0%)``, ``5.1% slower`` without an interval; of an interval
        the ends count in the direction of the change, so that one may be negative.
    """
    sign = 1 if ratio >= 1 else -1
    word = "slower" if sign > 0 else "faster"
    share = 100 * sign * (ratio - 1)
    if low is None or high is None:
        return f"{plain(share, abs(share) / 20)}% {word}"
    half = 50 * (high - low)
    ends = [plain(end, half) for end in sorted(100 * sign * (one - 1) for one in (low, high))]
    return f"{plain(share, half)}% {word} ({ends[0]}% to {ends[1]}%)"
