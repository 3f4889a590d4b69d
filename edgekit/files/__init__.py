"""Files of users: written whole or not at all, and JSON and TOML read strictly."""

from edgekit.files.documents import DocumentReader
from edgekit.files.temporary import temporary_folder
from edgekit.files.toml_files import load_toml, read_toml, write_toml
from edgekit.files.writing import (
    encode_json,
    named_input,
    named_output,
    output_errors,
    paths_among,
    require_document_place,
    require_other,
    require_writable,
    sha256_of,
    staged_folder,
    write_bytes,
    write_json,
    write_together,
)

__all__ = [
    "DocumentReader",
    "encode_json",
    "load_toml",
    "named_input",
    "named_output",
    "output_errors",
    "paths_among",
    "read_toml",
    "require_document_place",
    "require_other",
    "require_writable",
    "sha256_of",
    "staged_folder",
    "temporary_folder",
    "write_bytes",
    "write_json",
    "write_together",
    "write_toml",
]
