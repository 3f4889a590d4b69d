/* Counts the instructions that an emulated program executes between two marks.
 *
 * A mark is prctl(0x65646765, 1) or prctl(0x65646765, 2), which no kernel knows: the first opens a window, the second
 * closes it and appends its count as a line to the file named by out=; with classes=aarch64 two more follow, of vector
 * and floating point instructions, and of loads and stores. Loaded by qemu-user with -plugin.
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
struct qemu_plugin_insn;
struct qemu_info;
enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

typedef void (*tb_translated)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*syscall_seen)(qemu_plugin_id_t id, unsigned int vcpu, int64_t number, uint64_t a1, uint64_t a2,
                             uint64_t a3, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8);

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_translated callback);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int operation, void *counter,
                                                     uint64_t add);
extern void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t id, syscall_seen callback);

EXPORT int qemu_plugin_version = 1;

enum { ALL, VECTOR, LOAD_STORE, KINDS };
static uint64_t executed[KINDS];
static uint64_t opened_at[KINDS];
static bool by_class;
static bool is_open;
static int64_t prctl_number;
static char *out;

/* The main groups of A64 are told by bits 25 to 28 (Arm Architecture Reference Manual, C4.1): x1x0 is loads and stores,
 * of vector registers as well; x111 is vector and floating point arithmetic. */
static int class_of(const struct qemu_plugin_insn *instruction)
{
    uint32_t word;
    memcpy(&word, qemu_plugin_insn_data(instruction), sizeof word);
    uint32_t group = word >> 25 & 0xf;
    return (group & 0x5) == 0x4 ? LOAD_STORE : (group & 0x7) == 0x7 ? VECTOR : ALL;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t found[KINDS] = {qemu_plugin_tb_n_insns(tb)};
    (void)id;
    for (size_t index = 0; by_class && index < found[ALL]; index++) {
        int kind = class_of(qemu_plugin_tb_get_insn(tb, index));
        found[kind] += kind != ALL;
    }
    for (int kind = ALL; kind < KINDS; kind++) {
        if (found[kind] > 0) {
            qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &executed[kind], found[kind]);
        }
    }
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
        memcpy(opened_at, executed, sizeof executed);
    } else if ((uint32_t)a2 == 2 && is_open) {
        uint64_t counts[KINDS];
        for (int kind = ALL; kind < KINDS; kind++) {
            counts[kind] = executed[kind] - opened_at[kind];
        }
        is_open = false;
        FILE *file = fopen(out, "a");
        if (file != NULL) {
            for (int kind = ALL; kind < (by_class ? KINDS : VECTOR); kind++) {
                fprintf(file, "%llu ", (unsigned long long)counts[kind]);
            }
            fprintf(file, "\n");
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
        } else if (strcmp(argv[index], "classes=aarch64") == 0) {
            by_class = true;
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
