"""The program that runs on a device: ``python3 edgekit_agent.pyz job.json result.json``.

Needs Python 3.9, numpy and a TFLite interpreter, and nothing of edgekit: the modules of this folder travel in one file,
which ``runner/packing.py`` makes, and import one another only. It loads one model and measures it, or several in
turns, or runs samples through one, and answers in ``result.json``. That file is there from the start and names the
stage that the agent is in, so a process that was killed leaves word of where it died. Standard output is not part of
the protocol.

A model file may be broken in any way: the agent limits its own time (SIGALRM, which ends the process inside C code
as well) and its address space, and leaves it to the caller to make sense of a death by signal.
"""
