/* Runs a model with the library that a phone would load: LIBRARY MODEL SAMPLES INPUT... -- OUTPUT...
 *
 * Each INPUT holds the samples' bytes one after the other; each OUTPUT is written the same way. Printed are the library's
 * version, and nanoseconds: of making the interpreter, of the first inference, and of the counted ones. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

/* A mark opens (1) or closes (2) a window of an emulator's counter; no kernel knows it. */
enum { MARK = 0x65646765, WINDOWS = 5 };

static void *library;

static void *symbol(const char *name) {
    void *found = dlsym(library, name);
    if (!found) {
        fprintf(stderr, "the library has no %s\n", name);
        exit(3);
    }
    return found;
}

static FILE *opened(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (!file) {
        perror(path);
        exit(4);
    }
    return file;
}

static void require(int good, const char *what) {
    if (!good) {
        fprintf(stderr, "the library %s\n", what);
        exit(5);
    }
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **words) {
    if (count < 6) return 2;
    library = dlopen(words[1], RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 3;
    }
    void *(*model_create)(const char *) = symbol("TfLiteModelCreateFromFile");
    void *(*options_create)(void) = symbol("TfLiteInterpreterOptionsCreate");
    void (*set_threads)(void *, int) = symbol("TfLiteInterpreterOptionsSetNumThreads");
    void *(*create)(const void *, const void *) = symbol("TfLiteInterpreterCreate");
    int (*allocate)(void *) = symbol("TfLiteInterpreterAllocateTensors");
    int (*invoke)(void *) = symbol("TfLiteInterpreterInvoke");
    int (*inputs)(const void *) = symbol("TfLiteInterpreterGetInputTensorCount");
    int (*outputs)(const void *) = symbol("TfLiteInterpreterGetOutputTensorCount");
    void *(*input)(const void *, int) = symbol("TfLiteInterpreterGetInputTensor");
    const void *(*output)(const void *, int) = symbol("TfLiteInterpreterGetOutputTensor");
    size_t (*size)(const void *) = symbol("TfLiteTensorByteSize");
    void *(*data)(const void *) = symbol("TfLiteTensorData");

    const char *(*version)(void) = symbol("TfLiteVersion");

    long long start = now();
    void *model = model_create(words[2]);
    require(model != NULL, "does not take the model");
    void *options = options_create();
    /* As the app does it: the library's own choice of kernels, which is XNNPACK for floats alone. */
    set_threads(options, 1);
    void *interpreter = create(model, options);
    require(interpreter != NULL, "cannot make an interpreter for the model");
    require(allocate(interpreter) == 0, "cannot allocate the model's tensors");
    printf("trial %s\ntrial %lld\n", version(), now() - start);

    int samples = atoi(words[3]), given = 0, wanted = 0, end = 4;
    while (end < count && strcmp(words[end], "--")) end++;
    given = end - 4;
    wanted = count - end - 1;
    require(given == inputs(interpreter) && wanted == outputs(interpreter), "sees other inputs or outputs");
    FILE *from[given], *to[wanted];
    for (int i = 0; i < given; i++) from[i] = opened(words[4 + i], "rb");
    for (int i = 0; i < wanted; i++) to[i] = opened(words[end + 1 + i], "wb");
    for (int sample = 0; sample < samples; sample++) {
        for (int i = 0; i < given; i++) {
            void *tensor = input(interpreter, i);
            require(fread(data(tensor), 1, size(tensor), from[i]) == size(tensor), "sees inputs of another size");
        }
        start = now();
        require(invoke(interpreter) == 0, "fails in the inference");
        if (sample == 0) printf("trial %lld\n", now() - start);
        for (int i = 0; i < wanted; i++) {
            const void *tensor = output(interpreter, i);
            if (fwrite(data(tensor), 1, size(tensor), to[i]) != size(tensor)) return 4;
        }
    }
    for (int i = 0; i < wanted; i++)
        if (fclose(to[i])) return 4;
    /* Where an emulator counts: windows with nothing in them, and then with one inference each. */
    for (int i = 0; getenv("EDGEKIT_COUNTS") && i < 2 * WINDOWS; i++) {
        start = now();
        prctl(MARK, 1);
        if (i >= WINDOWS) require(invoke(interpreter) == 0, "fails in the inference");
        prctl(MARK, 2);
        if (i >= WINDOWS) printf("trial %lld\n", now() - start);
    }
    /* Not through the library's own end: it was made for another C library. */
    fflush(NULL);
    _Exit(0);
}
