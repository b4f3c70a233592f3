import pytest

from bench.machine import threads


def test_only_what_a_time_depends_on_is_taken_from_the_environment() -> None:
    set_by_user = {
        "GOMP_CPU_AFFINITY": "0-3",
        "GOMP_SPINCOUNT": "0",
        "KMP_AFFINITY": "compact",
        "LD_PRELOAD": "libtcmalloc.so",
        "MALLOC_ARENA_MAX": "1",
        "MKL_CBWR": "AVX2",
        "MKL_NUM_THREADS": "2",
        "MXNET_CPU_WORKER_NTHREADS": "1",
        "MXNET_ENGINE_TYPE": "NaiveEngine",
        "MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN": "30",
        "MXNET_EXEC_BULK_EXEC_TRAIN": "0",
        "MXNET_OPTIMIZER_AGGREGATION_SIZE": "4",
        "NUMBA_NUM_THREADS": "2",
        "OMP_DYNAMIC": "true",
        "OMP_NUM_THREADS": "2",
        "OMP_PLACES": "cores",
        "OMP_PROC_BIND": "close",
        "OMP_WAIT_POLICY": "passive",
        "OPENBLAS_CORETYPE": "Haswell",
        "OPENBLAS_NUM_THREADS": "2",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    }
    environment = {"HOME": "x", "MXNET_HOME": "x", "OMP_NUM_THREADS_": "x", **set_by_user}
    found = threads.settings(environment)
    assert found == set_by_user
    assert list(found) == sorted(found)


def pool(
    path: str, prefix: str, kind: str, n_threads: int, **build: str | None
) -> dict[str, object]:
    return {
        "filepath": path,
        "prefix": prefix,
        "internal_api": kind,
        "num_threads": n_threads,
        **build,
    }


def test_pools_of_packages_that_nothing_measured_uses_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = "/opt/lib/python3.11/site-packages"
    blas = ("libopenblas", "openblas")
    found = [
        pool("/usr/lib/libgomp.so.1", "libgomp", "openmp", 4),
        pool(f"{site}/numpy.libs/libopenblas64.so", *blas, 2),
        pool(f"{site}/mxnet/libopenblas.so.0", *blas, 1),
        pool(f"{site}/scipy.libs/libscipy_openblas.so", "libscipy_openblas", "openblas", 8),
    ]
    monkeypatch.setattr(threads, "threadpool_info", lambda: found)
    assert threads.pools() == {
        "libgomp/openmp": 4,
        "mxnet:libopenblas/openblas": 1,
        "numpy:libopenblas/openblas": 2,
    }


def test_two_copies_of_a_library_count_once_with_the_larger_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [
        pool(f"/usr/lib/{i}/libgomp.so", "libgomp", "openmp", n) for i, n in enumerate((4, 2))
    ]
    monkeypatch.setattr(threads, "threadpool_info", lambda: found)
    assert threads.pools() == {"libgomp/openmp": 4}


def test_builds_are_named_for_each_copy_of_what_may_be_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = "/opt/lib/python3.11/site-packages"
    blas = ("libopenblas", "openblas")
    zen = {"version": "0.3.23", "architecture": "Zen", "threading_layer": "pthreads"}
    found = [
        pool("/usr/lib/libgomp.so.1", "libgomp", "openmp", 4, version=None),
        pool(f"{site}/numpy.libs/a.so", *blas, 2, **zen),
        pool(f"{site}/numpy.libs/b.so", *blas, 2, **{**zen, "version": "0.3.13"}),
        pool(f"{site}/scipy.libs/c.so", *blas, 2, **zen),
    ]
    monkeypatch.setattr(threads, "threadpool_info", lambda: found)
    assert threads.libraries() == {
        "numpy:libopenblas/openblas": ["0.3.13 Zen pthreads", "0.3.23 Zen pthreads"]
    }
