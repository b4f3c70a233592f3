"""What libraries' allocators say, where they say anything: the work is run in any case."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from kernels import backends
from kernels.backends.cupy import devices as cupy_devices
from kernels.backends.jax import devices as jax_devices
from tests.kernels.conftest import DEVICE, skip_unless_usable

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.peer
ON_CPUS = [
    name
    for name, backend in backends.BACKENDS.items()
    if DEVICE in {report.device for report in backend.devices()}
]


@pytest.mark.parametrize("name", ON_CPUS)
def test_on_the_cpu_the_work_is_run_once_and_nothing_is_claimed(name: str) -> None:
    skip_unless_usable(name)
    ran: list[int] = []
    assert backends.get(name).allocator_peak(DEVICE, lambda: ran.append(1)) is None
    assert ran == [1]


@pytest.mark.parametrize("name", ON_CPUS)
def test_what_the_work_raises_is_raised(name: str) -> None:
    skip_unless_usable(name)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        backends.get(name).allocator_peak(DEVICE, fail)


def noting(did: list[Any], answer: Any) -> Callable[..., Any]:
    """Answer, and note what was asked with, or that it was."""

    def answering(*asked: Any) -> Any:
        did.extend(asked or ("asked",))
        return answer

    return answering


@pytest.mark.parametrize("name", ["torch", "triton"])
def test_pytorch_forgets_the_peak_that_was_before(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    did: list[Any] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", did.append)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", noting(did, 640))
    peak = backends.get(name).allocator_peak("gpu(1)", lambda: did.append("work"))
    assert peak == 640
    assert did == [torch.device("cuda", 1), "work", torch.device("cuda", 1)]


@pytest.mark.parametrize(
    ("told", "peak"),
    [({"peak_bytes_in_use": 640, "bytes_in_use": 1}, 640), ({"bytes_in_use": 1}, None)],
)
def test_jax_is_asked_after_the_work(
    told: dict[str, int], peak: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []
    asked = SimpleNamespace(memory_stats=noting(did, told))
    monkeypatch.setattr(jax_devices, "named", {"gpu(1)": asked}.__getitem__)
    assert backends.get("jax").allocator_peak("gpu(1)", lambda: did.append("work")) == peak
    assert did == ["work", "asked"]


def given(hook: Any, n_bytes: int, device: int = 0, *, pointer: int = 1) -> None:
    """Tell a hook, as CuPy does, that an array was given out."""
    hook.malloc_postprocess(
        device_id=device, size=n_bytes - 1, mem_size=n_bytes, mem_ptr=pointer, pmem_id=1
    )


def taken(hook: Any, n_bytes: int, device: int = 0) -> None:
    hook.free_postprocess(device_id=device, mem_size=n_bytes, mem_ptr=1, pmem_id=1)


def test_cupys_peak_is_the_most_that_was_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = pytest.importorskip("cupy")
    memory_hook = pytest.importorskip("cupy.cuda.memory_hook")
    monkeypatch.setattr(
        cupy_devices, "select", lambda device: SimpleNamespace(id={"gpu(1)": 1}[device])
    )
    pool = SimpleNamespace(used_bytes=lambda: 512)
    monkeypatch.setattr(cupy, "get_default_memory_pool", lambda: pool)

    def work() -> None:
        (hook,) = memory_hook.get_memory_hooks().values()
        for _ in range(3):
            given(hook, 1024, device=1)
            taken(hook, 1024, device=1)
        given(hook, 4096, device=0)
        taken(hook, 1536, device=0)
        given(hook, 2048, device=1)
        given(hook, 8192, device=1, pointer=0)  # there was no room
        taken(hook, 2048, device=1)

    assert backends.get("cupy").allocator_peak("gpu(1)", work) == 512 + 2048
    assert not memory_hook.get_memory_hooks()
