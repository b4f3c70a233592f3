"""Why a GPU's clock was held down: NVML's bits ("clocks event reasons") and their names.

Their numbers are part of NVML's interface. They stand here, so that a record can be judged
where NVML is not installed.
"""

from __future__ import annotations

IDLE = 0x1
APPLICATION_CLOCKS = 0x2
POWER_CAP = 0x4
HARDWARE = 0x8
SYNC_BOOST = 0x10
THERMAL = 0x20
HARDWARE_THERMAL = 0x40
POWER_BRAKE = 0x80
DISPLAY = 0x100

NAMES = {
    IDLE: "idle",
    APPLICATION_CLOCKS: "application clocks",
    POWER_CAP: "power cap",
    HARDWARE: "hardware slowdown",
    SYNC_BOOST: "sync boost",
    THERMAL: "thermal slowdown",
    HARDWARE_THERMAL: "hardware thermal slowdown",
    POWER_BRAKE: "power brake",
    DISPLAY: "display clocks",
}


def reason_names(bits: int) -> list[str]:
    """Name what holds a clock down.

    Parameters
    ----------
    bits : int

    Returns
    -------
    list of str
        In the order of the bits; one that is not known here as a number.
    """
    set_bits = (1 << place for place in range(bits.bit_length()) if bits >> place & 1)
    return [NAMES.get(bit, f"{bit:#x}") for bit in set_bits]
