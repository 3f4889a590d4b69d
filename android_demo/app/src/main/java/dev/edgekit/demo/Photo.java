package dev.edgekit.demo;

import android.content.ContentResolver;
import android.content.Intent;
import android.graphics.Bitmap;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;

/** A picture that the picker or the camera gave. It is kept in a file: the right to read it ends with the process. */
final class Photo {
    private Photo() {}

    /** Write what came back into a file. */
    static void keep(Intent data, ContentResolver resolver, File to) throws IOException {
        if (data.getData() != null) {
            InputStream from = resolver.openInputStream(data.getData());
            if (from == null) {
                throw new IOException("there is nothing in it");
            }
            try {
                Files.copy(from, to.toPath(), StandardCopyOption.REPLACE_EXISTING);
            } finally {
                from.close();
            }
            return;
        }
        Object taken = data.getParcelableExtra("data");
        if (!(taken instanceof Bitmap)) {
            throw new IOException("no picture came back");
        }
        FileOutputStream stream = new FileOutputStream(to);
        try {
            ((Bitmap) taken).compress(Bitmap.CompressFormat.PNG, 100, stream);
        } finally {
            stream.close();
        }
    }
}
