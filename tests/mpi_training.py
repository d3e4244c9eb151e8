"""A training over MPI as a program: `mpiexec -n 3 python -m mpi4py.futures tests/mpi_training.py` prints its result."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import nn
from tests.spread_models import samples


def train(executor):
    """The parameters after a training, exactly."""
    inputs, classes = samples()
    model = nn.MLP(2, [4, 2], rng=1)
    settings = {"epochs": 3, "lr": 0.3, "batch_size": 13, "compile": False, "progress": False}
    nn.fit(model, inputs, classes, loss=nn.cross_entropy, executor=executor, **settings)
    return [parameter.data for parameter in model.parameters()]


if __name__ == "__main__":
    from mpi4py.futures import MPIPoolExecutor

    with MPIPoolExecutor() as executor:
        print(train(executor))
