package dev.edgekit.demo;

import android.app.Activity;
import android.content.ActivityNotFoundException;
import android.content.ContentResolver;
import android.content.Intent;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.net.Uri;
import android.os.Bundle;
import android.provider.MediaStore;
import android.view.View;
import android.view.ViewGroup;
import android.widget.Button;
import android.widget.ImageView;
import android.widget.LinearLayout;
import android.widget.TextView;
import dev.edgekit.demo.model.GoldenPack;
import dev.edgekit.demo.model.Pictures;
import dev.edgekit.demo.model.Runner;
import dev.edgekit.demo.work.Session;
import dev.edgekit.demo.work.Work;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Try the model: on pictures where it takes them, else on the golden pack's numbers. */
final class TryScreen extends Screen {
    private static final int PICK = 1;
    private static final int CAMERA = 2;
    private static final String STATE_CHOICE = "choice";
    private static final String STATE_PHOTO = "photo";
    private static final int ZEROS = -1;
    private static final int NOTHING = -2;

    private final List<Button> buttons = new ArrayList<Button>();
    private boolean filled;
    private int choice = NOTHING;
    private Uri photo;
    private boolean pending;

    TryScreen(Activity activity, Session session) {
        super(activity, session, R.layout.screen_try);
        find(R.id.pick).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                ask(new Intent(Intent.ACTION_GET_CONTENT).setType("image/*").addCategory(Intent.CATEGORY_OPENABLE),
                        PICK, R.string.no_picker);
            }
        });
        find(R.id.camera).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                ask(new Intent(MediaStore.ACTION_IMAGE_CAPTURE), CAMERA, R.string.no_camera);
            }
        });
    }

    @Override
    void save(Bundle state) {
        state.putInt(STATE_CHOICE, choice);
        state.putParcelable(STATE_PHOTO, photo);
    }

    @Override
    void restore(Bundle state) {
        choice = state.getInt(STATE_CHOICE, NOTHING);
        photo = state.getParcelable(STATE_PHOTO);
        pending = choice != NOTHING || photo != null;
    }

    @Override
    void changed() {
        if (session.failure != null) {
            // Nothing can be tried, and above it says why.
            view().setVisibility(View.GONE);
            return;
        }
        if (session.model == null || filled) {
            return;
        }
        filled = true;
        boolean pictures = session.bundle.isImageClassifier();
        find(R.id.sources).setVisibility(pictures ? View.VISIBLE : View.GONE);
        TextView hint = find(R.id.hint);
        if (pictures) {
            hint.setText(R.string.choose_first);
            offerSamples();
        } else {
            hint.setText(session.bundle.lacksPictureHandling() ? R.string.range_unknown : R.string.raw_hint);
            offerNumbers();
        }
        if (pending) {
            again();
        } else if (pictures && !session.bundle.samples.isEmpty()) {
            chooseSample(0);
        } else if (!pictures) {
            runNumbers(buttons.size() > 1 ? 0 : ZEROS);
        }
        pending = false;
    }

    /** A picture came back from the picker or the camera. */
    void received(final Intent data) {
        final ContentResolver resolver = activity.getContentResolver();
        final File kept = new File(activity.getCacheDir(), "photo");
        session.work.start(new Work.Job<Uri>() {
            @Override
            protected Uri work() throws Exception {
                Photo.keep(data, resolver, kept);
                return Uri.fromFile(kept);
            }

            @Override
            protected void done(Uri place) {
                choice = NOTHING;
                photo = place;
                select(NOTHING);
                readPhoto(place);
            }

            @Override
            protected void failed(String sentence) {
                say(activity.getString(R.string.no_picture, sentence));
            }
        });
    }

    /** Mark a button as the one that was pressed; none for {@link #NOTHING}. */
    private void select(int which) {
        for (int i = 0; i < buttons.size(); i++) {
            buttons.get(i).setSelected(i == (which == ZEROS ? buttons.size() - 1 : which));
        }
    }

    private void again() {
        if (photo != null) {
            readPhoto(photo);
        } else if (session.bundle.isImageClassifier() && choice < session.bundle.samples.size()) {
            chooseSample(choice);
        } else if (!session.bundle.isImageClassifier()) {
            runNumbers(choice);
        }
    }

    private void ask(Intent intent, int request, int otherwise) {
        try {
            activity.startActivityForResult(intent, request);
        } catch (ActivityNotFoundException error) {
            say(activity.getString(otherwise));
        }
    }

    private void offerSamples() {
        ViewGroup row = find(R.id.choices);
        for (int i = 0; i < session.bundle.samples.size(); i++) {
            final int which = i;
            Button button = choice(row, activity.getString(R.string.sample_number, i + 1));
            button.setOnClickListener(new View.OnClickListener() {
                @Override
                public void onClick(View view) {
                    chooseSample(which);
                }
            });
            buttons.add(button);
        }
    }

    private void offerNumbers() {
        ViewGroup row = find(R.id.choices);
        int count = 0;
        if (session.bundle.hasGoldenPack()) {
            try {
                count = session.bundle.goldenPack().samples;
            } catch (IOException error) {
                say(Work.sentence(error));
            }
        }
        for (int i = 0; i < count; i++) {
            offerNumber(row, i, activity.getString(R.string.raw_golden, i + 1));
        }
        offerNumber(row, ZEROS, activity.getString(R.string.raw_zeros));
    }

    private void offerNumber(ViewGroup row, final int which, String text) {
        Button button = choice(row, text);
        button.setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                runNumbers(which);
            }
        });
        buttons.add(button);
    }

    private void chooseSample(int which) {
        choice = which;
        photo = null;
        select(which);
        try {
            show(session.bundle.open(session.bundle.samples.get(which)));
        } catch (IOException error) {
            say(activity.getString(R.string.no_picture, Work.sentence(error)));
        }
    }

    private void readPhoto(Uri place) {
        try {
            show(new FileInputStream(place.getPath()));
        } catch (IOException error) {
            // Android may empty a cache at any time.
            say(activity.getString(R.string.no_picture, Work.sentence(error)));
        }
    }

    private void show(InputStream stream) throws IOException {
        Bitmap bitmap;
        try {
            BitmapFactory.Options options = new BitmapFactory.Options();
            options.inScaled = false;
            options.inPremultiplied = false;
            bitmap = BitmapFactory.decodeStream(stream, null, options);
        } finally {
            if (stream != null) {
                stream.close();
            }
        }
        if (bitmap == null) {
            throw new IOException("it is no picture, or a damaged one");
        }
        classify(bitmap);
    }

    private void classify(final Bitmap picture) {
        ImageView view = find(R.id.photo);
        view.setImageBitmap(picture.isPremultiplied() ? picture : shown(picture));
        view.setVisibility(View.VISIBLE);
        run(new Filling() {
            @Override
            public void fill(Runner runner) {
                Pictures.fill(picture, session.bundle.inputs.get(0), runner.inputs[0]);
            }
        });
    }

    private static Bitmap shown(Bitmap picture) {
        int[] pixels = new int[picture.getWidth() * picture.getHeight()];
        picture.getPixels(pixels, 0, picture.getWidth(), 0, 0, picture.getWidth(), picture.getHeight());
        return Bitmap.createBitmap(pixels, picture.getWidth(), picture.getHeight(), Bitmap.Config.ARGB_8888);
    }

    private void runNumbers(final int which) {
        choice = which;
        select(which);
        run(new Filling() {
            @Override
            public void fill(Runner runner) throws IOException {
                if (which == ZEROS) {
                    return;
                }
                GoldenPack pack = session.bundle.goldenPack();
                for (int i = 0; i < runner.inputs.length; i++) {
                    pack.fill(which, i, runner.inputs[i]);
                }
            }
        });
    }

    private interface Filling {
        void fill(Runner runner) throws IOException;
    }

    private static final class Answer {
        ByteBuffer[] inputs;
        ByteBuffer[] outputs;
        double ms;
    }

    private void run(final Filling filling) {
        session.work.start(new Work.Job<Answer>() {
            @Override
            protected Answer work() throws Exception {
                Runner runner = new Runner(session.bundle, session.model, 1, true);
                try {
                    filling.fill(runner);
                    Answer answer = new Answer();
                    answer.ms = runner.run();
                    answer.inputs = runner.inputs;
                    answer.outputs = runner.outputs;
                    return answer;
                } finally {
                    runner.close();
                }
            }

            @Override
            protected void done(Answer answer) {
                LinearLayout list = find(R.id.results);
                list.removeAllViews();
                if (session.bundle.isImageClassifier()) {
                    new Results(TryScreen.this, list).scores(session.bundle.outputs.get(0), answer.outputs[0]);
                } else {
                    new Results(TryScreen.this, list).numbers(session.bundle, answer.inputs, answer.outputs);
                }
                line(list, R.style.Quiet, activity.getString(R.string.took, MainActivity.milliseconds(answer.ms)));
            }

            @Override
            protected void failed(String sentence) {
                say(sentence);
            }
        });
    }

    private void say(String sentence) {
        LinearLayout list = find(R.id.results);
        list.removeAllViews();
        line(list, R.style.Body, sentence).setTextColor(activity.getColor(R.color.bad));
    }
}
