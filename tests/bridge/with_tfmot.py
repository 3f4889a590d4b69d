"""Takes a small Keras 3 model through tfmot and back, in a process of its own; tests read the JSON that it prints."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow_model_optimization as tfmot
import tf_keras
from sklearn.datasets import load_digits
from tensorflow_model_optimization.python.core.clustering.keras.experimental.cluster import cluster_weights

import edgekit

SPARSITY, CLUSTERS = 0.75, 8


def network() -> Any:
    layers = keras.layers
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="first")(image)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    # A sum that is no layer in Keras 3, and has to be one for tfmot.
    x = x + layers.Conv2D(16, 3, padding="same", activation="relu", name="second")(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(image, layers.Dense(10, name="last")(x), name="digits")


def taught(model: Any, values: Any, labels: Any, *, library: Any, epochs: int = 2, callbacks: Any = ()) -> Any:
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(library.optimizers.Adam(1e-2), loss)
    model.fit(values, labels, batch_size=64, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model


def kernels(model: Any) -> dict[str, Any]:
    return {name: np.asarray(model.get_layer(name).kernel) for name in ("first", "second", "last")}


def zeros(model: Any) -> dict[str, float]:
    return {name: float(np.mean(kernel == 0)) for name, kernel in kernels(model).items()}


def distinct(model: Any) -> dict[str, int]:
    return {name: int(np.unique(kernel).size) for name, kernel in kernels(model).items()}


def right(model: Any, values: Any, labels: Any) -> float:
    return float(np.mean(model.predict(values, verbose=0).argmax(1) == labels))


def refused(model: Any, samples: Any, recipe: Any) -> list[str | None]:
    try:
        edgekit.from_tf_keras(model, samples=samples, recipe=recipe)
    except edgekit.EdgekitError as error:
        return [type(error).__name__, error.message, error.hint]
    return ["nothing", "", ""]


def main() -> None:
    keras.utils.set_random_seed(3)
    tf_keras.utils.set_random_seed(3)
    digits = load_digits()
    values, labels = (digits.images[..., None] / 16).astype(np.float32), digits.target
    seen, unseen = slice(0, 1200), slice(1200, None)
    samples, recipe = {"image": values[:32]}, edgekit.Recipe(value_range="raw")

    def back(model: Any) -> Any:
        return edgekit.from_tf_keras(model, samples=samples, recipe=recipe)

    def learned(model: Any, **options: Any) -> Any:
        return taught(model, values[seen], labels[seen], **options)

    def there(model: Any) -> Any:
        # tfmot wraps the very layers that it is given, so each experiment has its own.
        return edgekit.to_tf_keras(model, samples=samples, recipe=recipe)

    model = learned(network(), library=keras, epochs=6)
    old = there(model)
    told: dict[str, Any] = {"kinds": [type(layer).__name__ for layer in old.layers]}
    told["before"] = right(model, values[unseen], labels[unseen])

    schedule = tfmot.sparsity.keras.ConstantSparsity(SPARSITY, begin_step=0, frequency=1)
    pruned = tfmot.sparsity.keras.prune_low_magnitude(there(model), pruning_schedule=schedule)
    told["wrapped"] = refused(pruned, samples, recipe)
    learned(pruned, library=tf_keras, callbacks=[tfmot.sparsity.keras.UpdatePruningStep()])
    sparse = back(tfmot.sparsity.keras.strip_pruning(pruned))
    told["sparse"] = zeros(sparse)
    told["sparse right"] = right(sparse, values[unseen], labels[unseen])

    start = {
        "number_of_clusters": CLUSTERS,
        "cluster_centroids_init": tfmot.clustering.keras.CentroidInitialization.LINEAR,
    }
    clustered = tfmot.clustering.keras.strip_clustering(
        learned(tfmot.clustering.keras.cluster_weights(there(model), **start), library=tf_keras, epochs=1)
    )
    told["clustered"] = distinct(back(clustered))
    both = tfmot.clustering.keras.strip_clustering(
        learned(cluster_weights(there(sparse), preserve_sparsity=True, **start), library=tf_keras, epochs=1)
    )
    kept = back(both)
    told["sparse and clustered"] = {"zeros": zeros(kept), "distinct": distinct(kept)}

    quantized = learned(tfmot.quantization.keras.quantize_model(there(model)), library=tf_keras, epochs=1)
    told["quantized"] = refused(quantized, samples, recipe)
    told["quantized right"] = right(quantized, values[unseen], labels[unseen])
    # What it has learned, without the rounding: each wrapper holds the layer whose weights they are.
    for layer in old.layers:
        if layer.weights:
            trained = {
                each.name.rpartition("/")[2]: each for each in quantized.get_layer(f"quant_{layer.name}").weights
            }
            layer.set_weights([trained[each.name.rpartition("/")[2]].numpy() for each in layer.weights])
    returned = back(old)
    told["returned right"] = right(returned, values[unseen], labels[unseen])
    told["moved"] = float(np.abs(kernels(returned)["second"] - kernels(model)["second"]).max())
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
