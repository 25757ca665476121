/* SPDX-License-Identifier: Apache-2.0 */

/* hospitium-audit: reads a node's files and derives everything again. For the oversight body, on a machine of its own
 * with a copy of the node's directory, or beside the running node.
 *
 * Must never write below the node's directory, ask the running node, or believe anything that can be derived. */

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"

enum { EXIT_SOUND, EXIT_FAULTS, EXIT_USAGE, EXIT_UNREADABLE };

#define TRIES 5
#define WAIT_US 400000

static const char help[] =
    "hospitium-audit DIR [--oversight-key FILE] [--key VKEY-FILE]… [--remembered CHECKPOINT]… [--counts NOTE]…\n"
    "                    [--policy FILE] [--json] [--events]\n"
    "Reads the files of the node in DIR and derives everything again: the logs and what they sign, stored versions,\n"
    "keys, rules, public counts, cosignatures of witnesses (those in DIR/witnesses, or those of --policy); with the\n"
    "oversight body's private key each event and the rule that permitted it.\n"
    "Exit 0: sound. 1: faults were found. 2: not understood. 3: cannot be read.\n";

static bool add(const char **into, size_t *count, const char *value)
{
    if (*count == OPTION_FILES_MAX)
        return false;
    into[(*count)++] = value;
    return true;
}

static bool take_value(struct audit_options *options, const char *name, const char *value)
{
    if (strcmp(name, "--oversight-key") == 0) {
        options->oversight_key = value;
        return true;
    }
    if (strcmp(name, "--policy") == 0 && !options->policy) {
        options->policy = value;
        return true;
    }
    if (strcmp(name, "--key") == 0)
        return add(options->key, &options->keys, value);
    if (strcmp(name, "--counts") == 0)
        return add(options->counts, &options->counted, value);
    return strcmp(name, "--remembered") == 0 && add(options->remembered, &options->remembers, value);
}

static bool take_arguments(int argc, char **argv, struct audit_options *options)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            options->json = true;
        else if (strcmp(argv[i], "--events") == 0)
            options->events = true;
        else if (argv[i][0] == '-') {
            if (i + 1 == argc || !take_value(options, argv[i], argv[i + 1]))
                return false;
            i++;
        } else if (options->directory) {
            return false;
        } else {
            options->directory = argv[i];
        }
    }
    return options->directory != NULL;
}

static int unreadable(enum error error, const struct fault *fault)
{
    const struct error_entry *entry = error_entry(error);

    fprintf(stderr, "%s%s%s\nHint: %s\n", entry->sentence, fault->detail[0] ? " " : "", fault->detail, entry->hint);
    return EXIT_UNREADABLE;
}

/* Of a running node, which may be looked at again, what a try prints stays in memory until the try counts. */
struct printed {
    FILE *file;
    char *text;
    size_t length;
};

static enum error begin_printing(struct audit *audit, struct printed *printed)
{
    audit->events = stdout;
    if (audit->running)
        audit->events = printed->file = open_memstream(&printed->text, &printed->length);
    return audit->events ? OK : ERROR_MEMORY;
}

static int report(const struct audit *audit, const struct printed *printed)
{
    struct report_head head = {audit->directory, audit->node.name, audit->has_key};
    FILE *out = audit->options->events ? stderr : stdout;

    if (printed->file && fflush(printed->file) == 0)
        fwrite(printed->text, 1, printed->length, stdout);
    if (audit->options->json)
        report_write_json(&audit->report, &head, out);
    else
        report_write_text(&audit->report, &head, out);
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    return !written ? EXIT_UNREADABLE : audit->report.faults == 0 ? EXIT_SOUND : EXIT_FAULTS;
}

/* -1: a running node was written to meanwhile, and what looks like a fault may be half a write. */
static int try_once(struct audit *audit, const struct audit_options *options, bool last)
{
    struct printed printed = {NULL, NULL, 0};
    struct fault fault = {0};
    int code = -1;

    enum error error = audit_begin(audit, options, &fault);
    if (error == OK && options->events)
        error = begin_printing(audit, &printed);
    if (error == OK)
        error = audit_run(audit);
    bool again = !last && audit->running && (error != OK || audit->report.faults > 0);
    if (!again)
        code = error == OK ? report(audit, &printed) : unreadable(error, &fault);
    audit_end(audit);
    if (printed.file)
        fclose(printed.file);
    free(printed.text);
    return code;
}

int main(int argc, char **argv)
{
    struct audit_options options = {0};
    struct audit *audit = calloc(1, sizeof *audit);
    int code = -1;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        fputs(help, stdout);
        free(audit);
        return EXIT_SOUND;
    }
    if (sodium_init() < 0) {
        free(audit);
        return EXIT_UNREADABLE;
    }
    if (!audit || !take_arguments(argc, argv, &options)) {
        fputs(help, stderr);
        free(audit);
        return EXIT_USAGE;
    }
    for (int i = 0; code < 0; i++) {
        if (i > 0)
            usleep(WAIT_US);
        code = try_once(audit, &options, i == TRIES);
    }
    free(audit);
    return code;
}
