"""Training over more than one machine's worth of workers: a Dask cluster on loopback, and MPI processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from tests.spread_models import Deadly, plain
from tests.test_spreading import Here, train

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    )
    client = distributed.Client(cluster)
    yield client
    client.close()
    cluster.close()


class TestDask:
    """Dask's `Client.get_executor()`, with two worker processes."""

    @pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])
    def test_the_result_is_that_of_one_worker(self, client, compile) -> None:
        assert train(client.get_executor(), compile) == train(Here(), compile)

    def test_its_executors_may_be_made_here(self, client) -> None:
        assert train(client.get_executor) == train(Here())
        assert client.submit(abs, -1).result() == 1, "the cluster is still the caller's"

    def test_a_lambda_travels(self, client) -> None:
        ours = train(client.get_executor(), loss=lambda outputs, targets: nn.cross_entropy(outputs, targets))
        assert ours[0] == train(Here())[0]

    def test_a_killed_worker_costs_a_retry(self, client, tmp_path) -> None:
        executor = client.get_executor(retries=0)
        assert train(executor, loss=Deadly(tmp_path, 9, "dies", os.getpid())) == train(Here(), loss=plain)
        assert (tmp_path / "first").exists() and len(list(tmp_path.iterdir())) > 10

    def test_errors_of_the_model_are_raised_as_they_are(self, client, tmp_path) -> None:
        with pytest.raises(ZeroDivisionError, match="the loss divides by zero"):
            train(client.get_executor(), loss=Deadly(tmp_path, 9, "error", os.getpid()))


def test_mpi_processes_come_to_the_same() -> None:
    pytest.importorskip("mpi4py", reason="the extra `mpi` is not installed")
    found = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")
    assert found, "the extra `mpi` brings mpiexec"
    command = [found, "-n", "3", sys.executable, "-m", "mpi4py.futures", "tests/mpi_training.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    settings = {"epochs": 3, "lr": 0.3, "momentum": 0.0, "batch_size": 13, "rng": 0}
    assert done.stdout.strip() == str(train(Here(), **settings)[0])


def test_the_benchmark_compares_ways_that_agree(capsys) -> None:
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from tests.benchmarks import spreading

    rows = spreading.main(quick=True)
    told = capsys.readouterr().out
    assert len(rows) == 2 and all(len(row) == 5 for row in rows) and "| alone | 2 threads | 2 processes | Dask" in told
