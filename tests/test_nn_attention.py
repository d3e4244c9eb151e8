"""Attention and embeddings, against formulas written out on plain floats. (PyTorch: test_torch_layers.py)"""

import math

import pytest

import autograd as ag
import nn
from autograd import Value
from nn.tensors import flat
from tests.layers import RNG, numbers, random_numbers, uniform, weighted


@pytest.fixture(autouse=True)
def same_numbers_in_any_order_of_tests(request) -> None:
    RNG.seed(request.node.name)


def test_attention_by_hand() -> None:
    queries, keys, values = random_numbers(2, 3), random_numbers(4, 3), random_numbers(4, 2)
    for causal in (False, True):
        found = nn.attention(queries, keys, values, causal)
        for time, (query, output) in enumerate(zip(queries, found)):
            seen = time + 1 if causal else 4
            fit = [math.exp(sum(map(float.__mul__, query, key)) / math.sqrt(3)) for key in keys[:seen]]
            expected = [sum(map(float.__mul__, fit, column)) / sum(fit) for column in zip(*values[:seen])]
            assert output == pytest.approx(expected)
            assert sum(nn.attention_weights(queries, keys, causal)[time]) == pytest.approx(1.0)


def projected(attend: nn.MultiHeadAttention, place: int, sequence) -> list[list[float]]:
    """The queries, keys or values of all heads, with the rows of their parameters."""
    rows = slice(4 * place, 4 * place + 4)
    return [weighted(attend.in_proj_weight[rows], x, attend.in_proj_bias[rows]) for x in sequence]


def test_heads_look_side_by_side() -> None:
    attend, xs, others = nn.MultiHeadAttention(4, 2, rng=1), random_numbers(2, 4), random_numbers(3, 4)
    for each in attend.in_proj_bias:
        each.data = uniform()
    q, k, v = projected(attend, 0, xs), projected(attend, 1, others), projected(attend, 2, others)
    heads = [nn.attention(*([x[start : start + 2] for x in each] for each in (q, k, v))) for start in (0, 2)]
    expected = [numbers(attend.out_proj([*a, *b])) for a, b in zip(*heads)]
    assert flat(numbers(attend(xs, others))) == pytest.approx(flat(expected))
    assert numbers(attend(xs)) == numbers(attend(xs, xs, xs))


def test_what_is_causal_does_not_see_the_future() -> None:
    attend, xs = nn.MultiHeadAttention(4, 2, causal=True), random_numbers(4, 4)
    before = numbers(attend(xs))
    after = numbers(attend([*xs[:3], [9.0] * 4]))
    assert before[:3] == after[:3] and before[3] != after[3]


def test_embedding_at_an_index_that_is_a_value() -> None:
    embedding = nn.Embedding(4, 2, rng=0)
    for index in range(4):
        assert numbers(embedding(Value(float(index)))) == numbers(embedding(index))
    embedding.zero_grad()
    ag.sum(embedding(Value(2.0))).backward()
    assert [row[0].grad for row in embedding.weight] == [0.0, 0.0, 1.0, 0.0]
    assert all(math.isnan(each.data) for index in (-1.0, 4.0, 0.5) for each in embedding(Value(index)))
