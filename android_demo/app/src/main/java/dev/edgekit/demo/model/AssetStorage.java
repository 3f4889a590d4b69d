package dev.edgekit.demo.model;

import android.content.res.AssetFileDescriptor;
import android.content.res.AssetManager;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The bundle in the app's assets. */
public final class AssetStorage implements Storage {
    private static final String FOLDER = "bundle/";
    private final AssetManager assets;

    public AssetStorage(AssetManager assets) {
        this.assets = assets;
    }

    @Override
    public InputStream open(String file) throws IOException {
        return assets.open(FOLDER + file);
    }

    @Override
    public ByteBuffer map(String file) throws IOException {
        AssetFileDescriptor place = assets.openFd(FOLDER + file);
        FileInputStream stream = new FileInputStream(place.getFileDescriptor());
        try {
            return stream.getChannel()
                    .map(FileChannel.MapMode.READ_ONLY, place.getStartOffset(), place.getDeclaredLength());
        } finally {
            stream.close();
            place.close();
        }
    }
}
