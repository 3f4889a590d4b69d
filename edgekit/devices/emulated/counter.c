/* Counts the instructions that an emulated program executes between two marks.
 *
 * A mark is prctl(0x65646765, 1) or prctl(0x65646765, 2), which no kernel knows: the first opens a window, the second
 * closes it and appends its count as a line to the file named by out=. Loaded by qemu-user with -plugin.
 * The prototypes are those of QEMU's plugin interface, version 1 (qemu-plugin.h, which Debian does not package).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK 0x65646765u

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_info;
enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

typedef void (*tb_translated)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*syscall_seen)(qemu_plugin_id_t id, unsigned int vcpu, int64_t number, uint64_t a1, uint64_t a2,
                             uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8);

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_translated callback);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation, void *counter,
                                                     uint64_t add);
extern void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t id, syscall_seen callback);

EXPORT int qemu_plugin_version = 1;

static uint64_t executed;
static uint64_t opened_at;
static bool is_open;
static int64_t prctl_number;
static char *out;

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(tb));
}

static void on_syscall(qemu_plugin_id_t id, unsigned int vcpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3,
                       uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    (void)id, (void)vcpu, (void)a3, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != prctl_number || (uint32_t)a1 != MARK) {
        return;
    }
    if ((uint32_t)a2 == 1) {
        is_open = true;
        opened_at = executed;
    } else if ((uint32_t)a2 == 2 && is_open) {
        uint64_t count = executed - opened_at;
        is_open = false;
        FILE *file = fopen(out, "a");
        if (file != NULL) {
            fprintf(file, "%llu\n", (unsigned long long)count);
            fclose(file);
        }
    }
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    for (int index = 0; index < argc; index++) {
        if (strncmp(argv[index], "out=", 4) == 0) {
            out = strdup(argv[index] + 4);
        } else if (strncmp(argv[index], "prctl=", 6) == 0) {
            prctl_number = strtoll(argv[index] + 6, NULL, 10);
        }
    }
    if (out == NULL || prctl_number == 0) {
        fprintf(stderr, "edgekit counter: out= and prctl= are needed\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
    return 0;
}
