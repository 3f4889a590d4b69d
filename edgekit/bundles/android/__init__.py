"""An Android app around a model: built here from a JDK, Debian's aapt2 and pieces from Maven Central."""
