package dev.edgekit.demo;

import android.app.Activity;
import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.view.WindowManager;
import android.widget.Button;
import android.widget.LinearLayout;
import android.widget.TextView;
import dev.edgekit.demo.work.Session;

/** One of the three things that the window can show. */
abstract class Screen {
    final Activity activity;
    final Session session;
    private final View view;

    Screen(Activity activity, Session session, int layout) {
        this.activity = activity;
        this.session = session;
        view = activity.getLayoutInflater().inflate(layout, (ViewGroup) activity.findViewById(R.id.screen), false);
    }

    /** A screen that goes dark slows the processor down, and stops the window. */
    static void keepLit(Activity activity, boolean lit) {
        if (lit) {
            activity.getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        } else {
            activity.getWindow().clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        }
    }

    final View view() {
        return view;
    }

    final <T extends View> T find(int id) {
        return view.findViewById(id);
    }

    /** Show what the session holds now. */
    abstract void changed();

    void save(Bundle state) {}

    void restore(Bundle state) {}

    /** A button in a row of choices. */
    final Button choice(ViewGroup row, String text) {
        Button button = new Button(activity, null, 0, R.style.Choice);
        button.setText(text);
        LinearLayout.LayoutParams place = new LinearLayout.LayoutParams(
                ViewGroup.LayoutParams.WRAP_CONTENT, ViewGroup.LayoutParams.WRAP_CONTENT);
        place.setMarginEnd((int) (6 * activity.getResources().getDisplayMetrics().density));
        row.addView(button, place);
        return button;
    }

    final TextView line(ViewGroup list, int style, String text) {
        TextView made = new TextView(activity, null, 0, style);
        made.setText(text);
        made.setTextIsSelectable(true);
        LinearLayout.LayoutParams place = new LinearLayout.LayoutParams(
                ViewGroup.LayoutParams.MATCH_PARENT, ViewGroup.LayoutParams.WRAP_CONTENT);
        if (style == R.style.Heading) {
            place.topMargin = (int) (14 * activity.getResources().getDisplayMetrics().density);
        }
        list.addView(made, place);
        return made;
    }
}
