"""The check of a GPU on the stand-ins, in processes as on a card, but for what NVML tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.plan.request import Request, protocol_of, select
from bench.selftest import gpu_check, gpu_parts
from kernels.backends import cuda_driver

if TYPE_CHECKING:
    from pathlib import Path

#: Those that take seconds; the others measure, which takes minutes on threads of the host.
QUICK = ("driver", "gate", "grids", "processes", "clock", "memory", "sanitizer")


def test_every_question_is_answered(tmp_path: Path) -> None:
    (gpu,) = cuda_driver.devices()
    request = Request(
        devices="gpu(0)", kernels="nd.cuda_epoch*,update.cuda_*,nd.sgd_update", preset="quick"
    )
    check = gpu_check.GpuCheck(select(request), protocol_of(request), gpu, lambda: 1000.0)
    notes = gpu_check.notes_for(gpu, "0123456789", tmp_path)
    parts = {name: gpu_parts.PARTS[name] for name in QUICK}
    found = [one.line() for one in gpu_check.run(check, parts, notes)]
    assert found[0].startswith("--  driver: no GPU")
    assert "ok  driver: mxnet runs 4 kernels." in found
    assert any("others of mxnet: broken" in one for one in found)
    assert any("ok  gate: mxnet: 10 cases within" in one for one in found)
    assert any("ok  grids: nd.cuda_epoch in all 2 grids, of 1 to 3" in one for one in found)
    assert "--  processes: NVML does not list processes here" in "".join(found)
    assert "--  clock: NVML does not tell it." in found
    assert [one for one in found if one.startswith("NO")] == []
    assert notes.path.read_text().count('"complete"') == len(QUICK)
