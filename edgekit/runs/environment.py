"""The machine and the software that a run was seen on."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.files import DocumentReader


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine and the software that a run was seen on."""

    machine: str
    """As ``uname -m`` says: ``x86_64``, ``aarch64``, ``armv7l``."""
    system: str
    """Operating system and its release."""
    cpu_model: str
    board: str | None
    """The device tree's model, such as ``Raspberry Pi 4 Model B Rev 1.4``, where there is one."""
    cores: int
    """Number of cores that the agent may use."""
    memory_bytes: int
    """Physical memory of the machine."""
    python: str
    """Its version; ``none`` where none was needed, as on a phone."""
    runtime: str
    """Package and version of the interpreter, such as ``ai-edge-litert 2.3.0``."""
    load_average: float | None
    """Of the last minute, when the agent started."""
    emulated: bool
    """The processor is emulated: results and counts hold, seconds do not."""

    @property
    def software(self) -> str:
        """What ran the file, for people."""
        return self.runtime if self.python == "none" else f"{self.runtime}, Python {self.python}"

    @classmethod
    def read(cls, reader: DocumentReader) -> Environment:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        environment = cls(
            machine=reader.text("machine"),
            system=reader.text("system"),
            cpu_model=reader.text("cpu_model"),
            board=reader.text_or_none("board"),
            cores=reader.whole("cores", least=1),
            memory_bytes=reader.whole("memory_bytes", least=1),
            python=reader.text("python"),
            runtime=reader.text("runtime"),
            load_average=reader.number_or_none("load_average"),
            emulated=reader.flag("emulated"),
        )
        reader.finish()
        return environment
