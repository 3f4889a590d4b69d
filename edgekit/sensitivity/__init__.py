"""What each operator of a quantized file costs at its outputs: both files side by side, operator by operator."""
