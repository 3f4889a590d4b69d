"""The verbs, grouped as ``edgekit --help`` shows them. Each is one module here, loaded when it is called."""

from __future__ import annotations

GROUPS: dict[str, dict[str, str]] = {
    "make": {
        "convert": "Turn a model into .tflite files, proven against the model.",
        "compress": "Make a Keras model smaller or faster, and tell what each stage bought.",
        "samples": "Tell whether samples are fit to calibrate on; pack them into TFRecords.",
        "deploy": "Convert, check, run on a device, and write a report.",
        "reproduce": "Build a .tflite file again from its sidecar, and compare.",
    },
    "look": {
        "inspect": "Tell what a .tflite file is, from its bytes alone.",
        "check": "Hold a .tflite file against a device profile.",
        "compare": "Tell what changed between two .tflite files.",
        "diagnose": "Tell where a quantized file goes wrong, why, and what to try.",
        "predict": "Estimate how long a .tflite file takes on a board, before you have one.",
        "explain": "Tell where the time of a .tflite file goes on a board, and what would change it.",
        "boards": "Tell which boards would run a .tflite file within limits.",
        "profiles": "List the device profiles, or show one with its sources.",
    },
    "measure": {
        "benchmark": "Measure a .tflite file on a device.",
        "evaluate": "Tell the accuracy of a .tflite file on labelled samples.",
        "report": "Make one report of runs, side by side: text, Markdown, JSON, HTML.",
        "verify": "Check a .tflite file against its golden pack on a device, or a bundle.",
        "probe": "Measure a board of yours in a minute, for narrower predictions.",
    },
    "devices": {
        "devices": "List the devices that can be reached, clean or prepare one.",
        "doctor": "Tell what a device is, and whether it can run .tflite files.",
        "emulator": "Prepare Arm boards that this machine emulates.",
    },
    "ship": {
        "bundle": "Put a .tflite file into an Android app, or an archive for a board.",
    },
}

VERBS: dict[str, str] = {verb: summary for verbs in GROUPS.values() for verb, summary in verbs.items()}
