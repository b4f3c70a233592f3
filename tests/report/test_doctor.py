import io
from typing import Any

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from bench.report import doctor

CPU = {
    "backend": "mxnet",
    "device": "cpu(0)",
    "status": "available",
    "reason": "",
    "remedy": "",
    "description": "",
    "compute_capability": None,
    "wheel_holds": None,
}
H100 = {
    "backend": "mxnet",
    "device": "gpu(0)",
    "status": "broken",
    "reason": (
        "NVIDIA H100 has compute capability 9.0; the MXNet 1.9.1 GPU wheel holds code for "
        "5.0, 6.0, 7.0, 8.0, 8.6 and no PTX: one operator gave 'no kernel image'."
    ),
    "remedy": "Use a GPU of compute capability 8.9 or less.",
    "description": "NVIDIA H100",
    "compute_capability": "9.0",
    "wheel_holds": ["5.0", "6.0", "7.0", "8.0", "8.6"],
}
NOT_INSTALLED = {
    "status": "missing",
    "reason": "mxnet is not installed.",
    "remedy": "pip install -e '.[cpu]', or '.[cu112]' for NVIDIA GPUs.",
}
NOISE = [
    {"code": "turbo", "message": "Turbo is on.", "remedy": "echo 0 | sudo tee boost"},
    {"code": "smt", "message": "SMT is on.", "remedy": "echo off | sudo tee control"},
]


def report(devices: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    backend = {
        "backend": "mxnet",
        "status": "available",
        "reason": "",
        "remedy": "",
        "versions": {"mxnet": "1.9.1", "mxnet_wheel": "mxnet-cu112", "mxnet_features": "CUDA"},
    }
    machine = {
        "cpu_model": "Example CPU",
        "cores_physical": 4,
        "cores_logical": 8,
        "cores_usable": 6,
        "virtualised": True,
        "memory_bytes": 16 * 2**30,
        "os": "Example Linux 1",
        "kernel": "Linux 6.1",
        "gpus": [
            {
                "index": 0,
                "name": "NVIDIA H100",
                "compute_capability": "9.0",
                "memory_bytes": 80 * 2**30,
                "driver": "550.54",
            }
        ],
    }
    health = {
        "backends": [backend],
        "devices": devices,
        "python": "3.11.7",
        "numpy": "1.26.4",
        "threads": {
            "settings": {"OMP_NUM_THREADS": "4"},
            "pools": {"libgomp/openmp": 4, "numpy:libopenblas/openblas": 8},
        },
        "noise": NOISE,
        "machine": machine,
        "fingerprint_id": "0123456789ab",
        "volatile": {"memory_available_bytes": 8 * 2**30},
    }
    return {**health, **changes}


def rendered(health: dict[str, Any], width: int = 80, *, color: bool = False) -> str:
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    doctor.render(health, console)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_a_cpu_and_a_gpu_that_cannot_be_used_at_80_columns() -> None:
    assert rendered(report([CPU, H100])) == snapshot("""\
What can be measured
Backend, device   Status      Details
────────────────────────────────────────────────────────────────────────────────
mxnet             available   mxnet 1.9.1, wheel mxnet-cu112, features CUDA
  cpu(0)          available   Example CPU
  gpu(0)          broken      NVIDIA H100 has compute capability 9.0; the MXNet
                              1.9.1 GPU wheel holds code for 5.0, 6.0, 7.0, 8.0,
                              8.6 and no PTX: one operator gave 'no kernel
                              image'.
                              -> Use a GPU of compute capability 8.9 or less.

This machine (fingerprint 0123456789ab)
  CPU       Example CPU, 4 cores, 8 hardware threads, 6 usable here, virtual
            machine
  memory    16.0 GiB, 8.0 GiB available
  system    Example Linux 1, Linux 6.1
  Python    3.11.7, NumPy 1.26.4
  threads   4 in libgomp, 8 in numpy's libopenblas
  settings  OMP_NUM_THREADS=4
  gpu(0)    NVIDIA H100, compute capability 9.0, 80.0 GiB, driver 550.54;
            mxnet's GPU wheel holds code for 5.0, 6.0, 7.0, 8.0, 8.6

What makes timings noisy here
  ! Turbo is on.
    -> echo 0 | sudo tee boost
  ! SMT is on.
    -> echo off | sudo tee control

cpu(0) can be measured; gpu(0) cannot: NVIDIA H100 has compute capability 9.0;
the MXNet 1.9.1 GPU wheel holds code for 5.0, 6.0, 7.0, 8.0, 8.6 and no PTX: one
operator gave 'no kernel image'.\
""")


def test_nothing_installed_and_nothing_noisy() -> None:
    missing = {"backend": "mxnet", "versions": {}, **NOT_INSTALLED}
    devices = [{**CPU, **NOT_INSTALLED}, {**CPU, **NOT_INSTALLED, "device": "gpu(0)"}]
    health = report(devices, backends=[missing], noise=[])
    health["machine"] = {**health["machine"], "gpus": [], "virtualised": None}
    health["threads"] = {"settings": {}, "pools": {}}
    assert rendered(health, 100) == snapshot("""\
What can be measured
Backend, device   Status    Details
──────────────────────────────────────────────────────────────────────────────────────
mxnet             missing   mxnet is not installed.
                            -> pip install -e '.[cpu]', or '.[cu112]' for NVIDIA GPUs.
  cpu(0)          missing   as above
  gpu(0)          missing   as above

This machine (fingerprint 0123456789ab)
  CPU       Example CPU, 4 cores, 8 hardware threads, 6 usable here
  memory    16.0 GiB, 8.0 GiB available
  system    Example Linux 1, Linux 6.1
  Python    3.11.7, NumPy 1.26.4
  threads   no pool of threads found
  settings  no variable set: the libraries' defaults

What makes timings noisy here
  nothing found

Nothing can be measured; cpu(0) and gpu(0) cannot: mxnet is not installed.\
""")


def test_a_gpu_without_details_of_nvml_has_a_line_all_the_same() -> None:
    health = report([CPU, H100])
    health["machine"]["gpus"][0].update(memory_bytes=None, driver=None)
    assert "NVIDIA H100, compute capability 9.0; mxnet's GPU wheel holds code for 5.0" in (
        rendered(health, 200)
    )


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal_however_long_the_reason(width: int) -> None:
    reason = "unbreakable" * 40 + " and a lot more words" * 40
    text = rendered(report([CPU, {**H100, "reason": reason, "remedy": reason}]), width)
    assert max(map(len, text.splitlines())) <= width
    # In the table as the reason and as the remedy, and in the closing sentence.
    assert "".join(text.split()).count("unbreakable" * 40) == 3


def test_brackets_in_foreign_strings_are_no_markup() -> None:
    foreign = "[red]x[/red] [/nothing] pip install '.[cu112]'"
    device = {**H100, "reason": foreign, "remedy": foreign, "description": foreign}
    noise = [{"code": "x", "message": foreign, "remedy": foreign}]
    health = report([{**CPU, "description": foreign}, device], noise=noise)
    health["machine"] = {**health["machine"], "cpu_model": foreign, "os": foreign}
    for color in (False, True):
        assert rendered(health, 200, color=color).count(foreign) == 8


def test_line_breaks_in_a_reason_do_not_tear_the_table() -> None:
    text = rendered(report([CPU, {**H100, "reason": "first\n\n  second"}]), 200)
    assert "first second" in text


def test_colour_is_only_added_never_needed() -> None:
    health = report([CPU, H100])
    plain, coloured = rendered(health), rendered(health, color=True)
    assert "\x1b[32mavailable" in coloured
    assert "\x1b[31mbroken" in coloured
    assert "\x1b" not in plain


def device(name: str, reason: str = "", backend: str = "mxnet") -> dict[str, str]:
    status = "broken" if reason else "available"
    return {"backend": backend, "device": name, "status": status, "reason": reason}


@pytest.mark.parametrize(
    ("devices", "sentence"),
    [
        ([device("cpu(0)")], "cpu(0) can be measured."),
        ([device("cpu(0)"), device("gpu(0)")], "cpu(0) and gpu(0) can be measured."),
        (
            [device("cpu(0)"), device("gpu(0)", "it is old.")],
            "cpu(0) can be measured; gpu(0) cannot: it is old.",
        ),
        (
            [device("cpu(0)"), device("gpu(0)", "it is old."), device("gpu(1)", "it is old.")],
            "cpu(0) can be measured; gpu(0) and gpu(1) cannot: it is old.",
        ),
        (
            [device("cpu(0)", "no mxnet."), device("gpu(0)", "no driver.")],
            "Nothing can be measured; cpu(0) cannot: no mxnet; gpu(0) cannot: no driver.",
        ),
        (
            [device("cpu(0)"), device("cpu(0)", "no torch.", "torch")],
            "cpu(0) with mxnet can be measured; cpu(0) with torch cannot: no torch.",
        ),
        ([], "Nothing can be measured."),
    ],
)
def test_the_closing_sentence(devices: list[dict[str, str]], sentence: str) -> None:
    assert doctor.verdict(devices) == sentence


def test_a_reason_that_is_a_kernels_own_is_not_said_of_its_library() -> None:
    no_gpu = "no device: nowhere."

    def kernel(name: str, backend: str, on_cpu: str) -> dict[str, Any]:
        devices = {"cpu(0)": on_cpu, "gpu(0)": no_gpu}
        return {"kernel": name, "backend": backend, "operator": "add", "devices": devices}

    listed = {
        "kernels": [
            kernel("nd.a", "mxnet", ""),
            kernel("nd.cuda", "mxnet", "no device: nd.cuda is written for GPUs only."),
            kernel("jax.a", "jax", "missing: JAX is not installed."),
        ],
        "cases": [],
    }
    file = io.StringIO()
    doctor.render_catalogue(listed, Console(file=file, width=100), ids=False)
    printed = file.getvalue().splitlines()
    assert "cpu(0), nd.cuda: no device: this kernel is written for GPUs only." in printed
    assert "cpu(0), jax: missing: JAX is not installed." in printed
    assert "gpu(0), mxnet: no device: nowhere." in printed


def test_what_the_driver_tells_of_a_gpu_is_on_its_line() -> None:
    health = report([CPU, H100])
    told = {"multiprocessors": 132, "l2_bytes": 50 * 2**20, "compute_mode": "exclusive process"}
    health["machine"]["gpus"][0].update(told)
    said = rendered(health, 200)
    assert "132 multiprocessors, L2 50 MiB, compute mode exclusive process, driver" in said
    health["machine"]["gpus"][0]["compute_mode"] = "default"
    assert "compute mode" not in rendered(health, 200)
