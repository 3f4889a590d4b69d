"""Tensor names for people."""

from __future__ import annotations


def short_name(name: str) -> str:
    """Return what a tensor's name says of the layers: a converter fuses several, and joins their names with ``;``.

    ``net/relu_1/Relu;net/norm/batchnorm/add_1;net/conv/convolution;net/norm/batchnorm/sub`` becomes
    ``relu_1+norm/batchnorm+conv``. A name of another form stays as it is.
    """
    layers = []
    for part in name.split(";"):
        _, *path = part.split("/")
        layers.append("/".join(path[:-1]) if len(path) > 1 else part)
    return "+".join(dict.fromkeys(layers))
