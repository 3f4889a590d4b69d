package dev.edgekit.demo;

import dev.edgekit.demo.model.Storage;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A bundle in a folder. */
final class FolderStorage implements Storage {
    private final File folder;

    FolderStorage(File folder) {
        this.folder = folder;
    }

    @Override
    public InputStream open(String file) throws IOException {
        return new FileInputStream(new File(folder, file));
    }

    @Override
    public ByteBuffer map(String file) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(new File(folder, file), "r")) {
            return opened.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, opened.length());
        }
    }
}
