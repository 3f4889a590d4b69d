/* What the phone's library needs of Android's C library, bionic, and this machine's does not have. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* bionic's FILE has 152 bytes in 64 bits, and stderr is the third of an array of them. glibc's has a table of functions
 * behind what its header shows. */
enum { FILE_BYTES = 152, STREAMS = 3, OWN_BYTES = sizeof(FILE) + sizeof(void *) };
char __sF[STREAMS * FILE_BYTES + OWN_BYTES];

__attribute__((constructor)) static void copy_stderr(void) { memcpy(__sF + 2 * FILE_BYTES, stderr, OWN_BYTES); }

int *__errno(void) { return &errno; }

size_t __strlen_chk(const char *text, size_t room) {
    (void)room;
    return strlen(text);
}

int __system_property_get(const char *name, char *value) {
    (void)name;
    value[0] = 0;
    return 0;
}

void android_set_abort_message(const char *message) { fprintf(stderr, "%s\n", message); }

int __android_log_vprint(int priority, const char *tag, const char *format, va_list values) {
    (void)priority;
    fprintf(stderr, "%s: ", tag);
    return vfprintf(stderr, format, values);
}
