"""tfmot's quantization-aware training of a Keras 3 model, through the bridge to tf-keras, in a process of its own.

    python scripts/benchmarks/tfmot_qat.py MODEL.keras TRAIN.npz TEST.npz EPOCHS OUTPUT.tflite [OTHER.tflite ...]

Both archives hold ``photo`` and ``labels``. OUTPUT is an int8 file with float inputs and outputs, as edgekit's are.
Prints, as JSON, the seconds of training, and of OUTPUT and each other file the share of the test photos that it has
right, and its loss on them (cross-entropy), under the same runtime.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras
from ai_edge_litert.interpreter import Interpreter

import edgekit

_RATE, _BATCH = 1e-4, 32
"""A small rate, as tfmot's guide has it for a model that is trained."""


def judged(path: Path, photos: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    given, told = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    shares = []
    for photo in photos:
        interpreter.set_tensor(given, photo[None])
        interpreter.invoke()
        shares.append(interpreter.get_tensor(told)[0])
    scores = np.stack(shares)
    # What int8 gives is 0 at times, and half a quantum is what it may stand for.
    surely = np.maximum(scores[np.arange(len(labels)), labels.astype(int)], 0.5 / 256)
    return {"right": float(np.mean(scores.argmax(1) == labels)), "loss": float(-np.log(surely).mean())}


def main() -> None:
    model = keras.models.load_model(sys.argv[1], compile=False)
    with np.load(sys.argv[2]) as seen, np.load(sys.argv[3]) as unseen:
        train, labels, test, test_labels = seen["photo"], seen["labels"], unseen["photo"], unseen["labels"]
    start = time.perf_counter()
    aware = tfmot.quantization.keras.quantize_model(edgekit.to_tf_keras(model, samples={"photo": train[:16]}))
    aware.compile(tf_keras.optimizers.Adam(_RATE), "sparse_categorical_crossentropy")
    tf_keras.utils.set_random_seed(1)
    aware.fit(train, labels, batch_size=_BATCH, epochs=int(sys.argv[4]), verbose=0)
    seconds = time.perf_counter() - start
    # A batch of one: the converter would leave it open otherwise.
    photo = tf_keras.Input(batch_shape=(1, *train.shape[1:]))
    converter = tf.lite.TFLiteConverter.from_keras_model(tf_keras.Model(photo, aware(photo)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    output, *others = map(Path, sys.argv[5:])
    output.write_bytes(converter.convert())
    found = {path.name: judged(path, test, test_labels) for path in (output, *others)}
    print(json.dumps({"seconds": seconds, "files": found}))


if __name__ == "__main__":
    main()
