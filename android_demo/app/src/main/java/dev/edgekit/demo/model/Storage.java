package dev.edgekit.demo.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Where a bundle's files are: in the installed app, or anywhere else in tests. */
public interface Storage {
    InputStream open(String file) throws IOException;

    /** The bytes of a file that is stored as it is, without reading them. */
    ByteBuffer map(String file) throws IOException;
}
