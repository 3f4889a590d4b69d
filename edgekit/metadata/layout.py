"""Where fields lie in tables: the order of metadata_schema.fbs, and of the few tables of the model that hold it.

A union takes two places, its type and its value. Later versions of a schema add fields at the end of a table only.
"""

from __future__ import annotations

IDENTIFIER = b"M001"
ENTRY = "TFLITE_METADATA"
"""The name under which a model holds it."""
PARSER_VERSION = "1.0.0"
"""The first version of the schema, which has every field that is written here."""


def _slots(fields: str) -> dict[str, int]:
    return {name: number for number, name in enumerate(fields.split())}


MODEL_METADATA = _slots("name description version subgraph_metadata author license associated_files min_parser_version")
SUBGRAPH = _slots("name description input_tensor_metadata output_tensor_metadata associated_files")
TENSOR = _slots("name description dimension_names content process_units stats associated_files")
CONTENT = _slots("properties_type properties range")
IMAGE = _slots("color_space default_size")
IMAGE_SIZE = _slots("width height")
UNIT = _slots("options_type options")
NORMALIZATION = _slots("mean std")
STATS = _slots("max min")
ASSOCIATED_FILE = _slots("name description type locale")

FEATURE_PROPERTIES, IMAGE_PROPERTIES = 1, 2
RGB, GRAYSCALE = 1, 2
NORMALIZATION_OPTIONS = 1
AXIS_LABELS, VALUE_LABELS = 2, 3

MODEL = _slots(
    "version operator_codes subgraphs description buffers metadata_buffer metadata signature_defs "
    "external_buffer_groups external_buffers"
)
SUBGRAPH_OF_MODEL = _slots("tensors inputs outputs operators name debug_metadata_index")
OPERATOR = _slots(
    "opcode_index inputs outputs builtin_options_type builtin_options custom_options custom_options_format "
    "mutating_variable_inputs intermediates large_custom_options_offset large_custom_options_size"
)
BUFFER = _slots("data offset size")
MODEL_ENTRY = _slots("name buffer")
