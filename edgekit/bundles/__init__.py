"""A model into what is shipped: an Android app, or an archive for a board."""

from edgekit.bundles.benchmarking import benchmark_bundle
from edgekit.bundles.bundling import Bundle, bundle_android, bundle_board
from edgekit.bundles.verification import BundleVerification, is_bundle, verify_bundle

__all__ = [
    "Bundle",
    "BundleVerification",
    "benchmark_bundle",
    "bundle_android",
    "bundle_board",
    "is_bundle",
    "verify_bundle",
]
