"""Shows what can be measured on a machine, what stands in the way, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Shows what can be measured on a machine, what stands in the way, and what to do.


STYLES = {"available": "green", "missing": "yellow", "no device": "yellow", "broken": "red"}
MIB, GIB = 2**20, 2**30


def render(health: Mapping[str, Any], console: Console) -> None:
    """Print a health report.

    Foreign strings go in as ``Text``, never as markup: ``[cu112]`` stays what it is.

    Parameters
    ----------
    health : mapping
        What ``bench.machine.health.examine`` returned, or the same read back from JSON.
    """
    for title, body in (
        ("What can be measured", _devices(health)),
        (f"This machine (fingerprint {health['fingerprint_id']})", _machine(health)),
        ("What makes timings noisy here", _noise(health["noise"])),
    ):
        console.print(Text(title, style="bold"))
        console.print(body)
        console.print()
    console.print(Text(verdict(health["devices"]), style="bold"))


def verdict(devices: Iterable[Mapping[str, Any]]) -> str:
    """Say in one sentence which devices can be measured, and why not the others.

    Parameters
    ----------
    devices : iterable of mapping
        ``devices`` of a health report.
    """
    listed = list(devices)
    several = len({device["backend"] for device in listed}) > 1

    def name(device: Mapping[str, Any]) -> str:
        return f"{device['device']}" + f" with {device['backend']}" * several

    able = [name(device) for device in listed if device["status"] == "available"]
    unable: dict[str, list[Mapping[str, Any]]] = {}
    for device in listed:
        if device["status"] != "available":
            unable.setdefault(device["reason"], []).append(device)
    refusals = [
        f"{_join(map(name, group))} cannot: {_one_line(reason).rstrip('.')}"
        for reason, group in unable.items()
    ]
    opening = f"{_join(able)} can be measured" if able else "Nothing can be measured"
    return "; ".join([opening, *refusals]) + "."


def _join(words: Iterable[str]) -> str:
    """Join as in a sentence."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _one_line(foreign: str) -> str:
    """Take line breaks and runs of spaces out of a string that someone else wrote."""
    return " ".join(foreign.split())


def _with_remedy(message: str, remedy: str) -> Text:
    """Put what to do on a line of its own below what was found."""
    text = Text(_one_line(message))
    if remedy:
        text.append("\n-> " + _one_line(remedy), style="cyan")
    return text


def _devices(health: Mapping[str, Any]) -> Table:
    """List each backend, and below it its devices."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Backend, device", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Details", overflow="fold")
    for backend in health["backends"]:
        name = backend["backend"]
        table.add_row(Text(name), _status(backend), _finding(backend, _versions(backend)))
        for device in health["devices"]:
            if device["backend"] != name:
                continue
            good = device["description"]
            if not good and device["device"].startswith("cpu"):
                good = health["machine"]["cpu_model"]
            repeated = device["reason"] and device["reason"] == backend["reason"]
            details = Text("as above") if repeated else _finding(device, good)
            table.add_row(Text(f"  {device['device']}"), _status(device), details)
    return table


def _status(found: Mapping[str, Any]) -> Text:
    """Colour a status."""
    return Text(found["status"], style=STYLES.get(found["status"], ""))


def _finding(found: Mapping[str, Any], good: str) -> Text:
    """Say what is good about something available, or what is wrong and what to do."""
    if found["status"] == "available":
        return Text(_one_line(good))
    return _with_remedy(found["reason"], found["remedy"])


def _versions(backend: Mapping[str, Any]) -> str:
    """Write the versions of a backend in a row."""
    prefix = f"{backend['backend']}_"
    named = backend["versions"].items()
    return ", ".join(f"{name.removeprefix(prefix)} {version}" for name, version in named)


def _machine(health: Mapping[str, Any]) -> Table:
    """Say what the times will depend on."""
    machine = health["machine"]
    threads = health["threads"]
    free = health["volatile"]["memory_available_bytes"]
    lines = {
        "CPU": _cpu(machine),
        "memory": f"{machine['memory_bytes'] / GIB:.1f} GiB, {free / GIB:.1f} GiB available",
        "system": f"{machine['os']}, {machine['kernel']}",
        "Python": f"{health['python']}, NumPy {health['numpy']}",
        "threads": _pools(threads["pools"]) or "no pool of threads found",
        "settings": " ".join(f"{name}={value}" for name, value in threads["settings"].items())
        or "no variable set: the libraries' defaults",
        **_gpus(machine["gpus"], health["devices"]),
    }
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, line in lines.items():
        grid.add_row(Text(f"  {name}"), Text(_one_line(line)))
    return grid


def _pools(pools: Mapping[str, int]) -> str:
    """Write down how many threads each library has; its name is ``package:library/kind``."""
    words = []
    for name, n_threads in pools.items():
        package, _, library = name.rpartition(":")
        owner = f"{package}'s " if package else ""
        words.append(f"{n_threads} in {owner}{library.partition('/')[0]}")
    return ", ".join(words)


def _cpu(machine: Mapping[str, Any]) -> str:
    """Describe the CPU in a line."""
    cores = f"{machine['cores_physical'] or machine['cores_logical']} cores"
    hardware_threads = f"{machine['cores_logical']} hardware threads"
    usable = f"{machine['cores_usable']} usable here"
    words = [machine["cpu_model"], cores, hardware_threads, usable]
    return ", ".join([*words, "virtual machine"] if machine["virtualised"] else words)


def _gpus(
    gpus: Iterable[Mapping[str, Any]], devices: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Put each GPU's compute capability against what the backends' wheels hold code for."""
    held = {
        device["backend"]: ", ".join(device["wheel_holds"])
        for device in devices
        if device["wheel_holds"]
    }
    lines = {}
    for gpu in gpus:
        words = [gpu["name"], f"compute capability {gpu['compute_capability']}"]
        if gpu["memory_bytes"] is not None:
            words.append(f"{gpu['memory_bytes'] / GIB:.1f} GiB")
        if "multiprocessors" in gpu:
            words.append(f"{gpu['multiprocessors']} multiprocessors")
        if "l2_bytes" in gpu:
            words.append(f"L2 {gpu['l2_bytes'] / MIB:.0f} MiB")
        if gpu.get("compute_mode", "default") != "default":
            words.append(f"compute mode {gpu['compute_mode']}")
        if gpu["driver"] is not None:
            words.append(f"driver {gpu['driver']}")
        wheels = (f"; {name}'s GPU wheel holds code for {held[name]}" for name in held)
        lines[f"gpu({gpu['index']})"] = ", ".join(words) + "".join(wheels)
    return lines


def _noise(findings: Iterable[Mapping[str, Any]]) -> Table:
    """List what makes timings noisy, each with its remedy."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        text = _with_remedy(finding["message"], finding["remedy"])
        grid.add_row(Text("  !", style="yellow"), text)
    if not grid.row_count:
        grid.add_row(Text("  nothing found", style="green"), Text(""))
    return grid


# Shows what there is to measure.


def render_catalogue(listed: Mapping[str, Any], console: Console, *, ids: bool) -> None:
    """Print the kernels and the cases.

    Parameters
    ----------
    listed : mapping
        From ``bench.plan.catalogue.catalogue``.
    ids : bool
        Whether to print the id of every case, ready for ``-k`` or as part of a node id.
    """
    if ids:
        for module in listed["cases"]:
            for test in module["available"]:
                console.print(Text(test), soft_wrap=True)
        return
    devices = list(listed["kernels"][0]["devices"]) if listed["kernels"] else []
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Kernel", "Update by", *devices):
        table.add_column(title, no_wrap=title in devices, overflow="fold")
    for one in listed["kernels"]:
        marks = ["no" if one["devices"][device] else "yes" for device in devices]
        table.add_row(Text(one["kernel"]), Text(one["operator"]), *marks)
    console.print(table)
    cases = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Cases", "Question"):
        cases.add_column(title)
    cases.add_column("can run", justify="right", no_wrap=True)
    cases.add_column("can't", justify="right", no_wrap=True)
    for module in listed["cases"]:
        cannot = sum(map(len, module["unavailable"].values()))
        cases.add_row(
            module["case"],
            Text(module["question"]),
            str(len(module["available"])),
            str(cannot),
        )
    console.print(cases)
    _reasons(listed, console, devices)


def _reasons(listed: Mapping[str, Any], console: Console, devices: list[str]) -> None:
    """Print once why a library, or some of its kernels, can't use a device."""
    of_library: dict[str, set[str]] = {}
    found: dict[tuple[str, str, str], set[str]] = {}
    for one in listed["kernels"]:
        kernel, library = one["kernel"], one["backend"]
        of_library.setdefault(library, set()).add(kernel)
        for device in devices:
            reason = one["devices"][device].replace(kernel, "this kernel")
            if reason:
                found.setdefault((device, library, reason), set()).add(kernel)
    for (device, library, reason), kernels in found.items():
        # What holds for most of them is the library's.
        most = 2 * len(kernels) > len(of_library[library])
        who = library if most else ", ".join(sorted(kernels))
        console.print(Text(f"{device}, {who}: {reason}"))
