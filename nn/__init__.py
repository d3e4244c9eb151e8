"""Small neural networks on scalar autograd: layers, losses, optimizers, schedules and a training loop.

>>> import nn
>>> model = nn.MLP(2, [4, 1], rng=0)                 # 2 inputs, 4 tanh units, 1 linear output
>>> inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
>>> history = nn.fit(model, inputs, targets, loss=nn.mse_loss, lr=0.3, momentum=0.9, epochs=200, progress=False)
>>> history.loss[0] > 0.1 > 0.001 > history.loss[-1]
True

Start reading at dense.py; then losses.py, classifying.py, optim.py, train.py. More layers: sequential.py, conv.py,
norm.py, recurrent.py, attention.py. More of how to train: adaptive.py (Adam and its kin), clipping.py, schedules.py;
second_order.py for small problems. Models are kept in files by saving.py, trainings by checkpoint.py. The engine
underneath is the package `autograd`.
"""

import autograd

if not hasattr(autograd, "Operands"):  # before anything of ours is imported from it
    raise ImportError(
        "the package 'autograd' found here is not scalar-autograd's: another one has been installed over it\n"
        "use an environment of its own, or: pip install --force-reinstall --no-deps scalar-autograd"
    )

from nn.activations import Activation
from nn.adaptive import Adagrad, Adam, AdamW, NAdam, RMSprop
from nn.attention import Embedding, MultiHeadAttention, attention, attention_weights
from nn.checkpoint import load_checkpoint, save_checkpoint
from nn.classifying import accuracy, cross_entropy, kl_div, nll_loss, predicted
from nn.clipping import clip_grad_norm, clip_grad_value
from nn.conv import AvgPool1d, AvgPool2d, Conv1d, Conv2d, MaxPool1d, MaxPool2d
from nn.dense import MLP, Layer, Neuron
from nn.history import History
from nn.initialise import glorot_normal, glorot_uniform, he_normal, he_uniform, orthogonal
from nn.losses import bce_with_logits, cosine_similarity, hinge_loss, huber_loss, l1_loss, mse_loss
from nn.module import Module
from nn.native import CompiledStep, compile_step
from nn.norm import BatchNorm, LayerNorm
from nn.optim import SGD, Optimizer
from nn.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from nn.samples import CompileError
from nn.saving import load, save
from nn.schedules import CosineAnnealingLR, LinearWarmup, OneCycleLR, ReduceLROnPlateau, Schedule, StepLR
from nn.second_order import Descent, lbfgs, levenberg_marquardt
from nn.sequential import Dropout, Flatten, Sequential
from nn.state import load_state_dict, state_dict
from nn.stopping import EarlyStopping
from nn.train import fit

__all__ = [
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SGD",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm",
    "CompileError",
    "CompiledStep",
    "Conv1d",
    "Conv2d",
    "CosineAnnealingLR",
    "Descent",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GRUCell",
    "History",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "LinearWarmup",
    "MaxPool1d",
    "MaxPool2d",
    "Module",
    "MultiHeadAttention",
    "NAdam",
    "Neuron",
    "OneCycleLR",
    "Optimizer",
    "RMSprop",
    "RNNCell",
    "ReduceLROnPlateau",
    "Schedule",
    "Sequential",
    "StepLR",
    "accuracy",
    "attention",
    "attention_weights",
    "bce_with_logits",
    "clip_grad_norm",
    "clip_grad_value",
    "compile_step",
    "cosine_similarity",
    "cross_entropy",
    "fit",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "lbfgs",
    "levenberg_marquardt",
    "load",
    "load_checkpoint",
    "load_state_dict",
    "mse_loss",
    "nll_loss",
    "orthogonal",
    "predicted",
    "save",
    "save_checkpoint",
    "state_dict",
]
