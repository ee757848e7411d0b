/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "arena.h"
#include "buf.h"

/* module new: the template's files, with another name in place of this word, however written. */
static const char *const template_words[] = {"template", "Template", "TEMPLATE"};
#define TEMPLATE_LENGTH 8

struct scaffold {
    const char *name, *folder, *source;
    char capital[40], upper[40]; /* the name, written like the words above */
    struct arena *arena;
};

static int read_whole(const char *path, struct buf *text) {
    FILE *file = fopen(path, "r");
    size_t got;
    if (!file)
        return ctl_fail("%s: cannot be read: %s", path, strerror(errno));
    do {
        buf_reserve(text, 4096);
        got = fread(text->data + text->length, 1, 4096, file);
        text->length += got;
        text->data[text->length] = '\0';
    } while (got);
    bool failed = ferror(file);
    fclose(file);
    return failed ? ctl_fail("%s: cannot be read", path) : 0;
}

static int write_whole(const char *path, const struct buf *text) {
    FILE *file = fopen(path, "wx");
    if (!file)
        return ctl_fail("%s: cannot be written: %s", path, strerror(errno));
    bool failed = fwrite(buf_text(text), 1, text->length, file) != text->length;
    failed |= fclose(file) != 0;
    return failed ? ctl_fail("%s: cannot be written: %s", path, strerror(errno)) : 0;
}

static void rename_words(const struct scaffold *new, const char *text, struct buf *out) {
    const char *const names[] = {new->name, new->capital, new->upper};
    while (*text) {
        size_t i = 0;
        while (i < 3 && strncmp(text, template_words[i], TEMPLATE_LENGTH) != 0)
            i++;
        if (i < 3) {
            buf_add_text(out, names[i]);
            text += TEMPLATE_LENGTH;
        } else {
            buf_add_char(out, *text++);
        }
    }
}

static int copy(const struct scaffold *new, const char *file) {
    struct buf text = {0}, renamed = {0}, target = {0};
    rename_words(new, file, &target);
    const char *from = arena_printf(new->arena, "%s/%s", new->source, file);
    const char *to = arena_printf(new->arena, "%s/%s", new->folder, buf_text(&target));
    int status = read_whole(from, &text);
    if (status == 0) {
        rename_words(new, buf_text(&text), &renamed);
        status = write_whole(to, &renamed);
    }
    if (status == 0)
        printf("%s\n", to);
    buf_free(&text);
    buf_free(&renamed);
    buf_free(&target);
    return status;
}

static int wanted(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void list_free(struct dirent **list, int count) {
    for (int i = 0; i < count; i++)
        free(list[i]);
    if (count >= 0)
        free(list);
}

/* An empty folder is as good as none. */
static int folder_make(const char *folder) {
    struct dirent **list;
    if (mkdir(folder, 0755) == 0)
        return 0;
    if (errno != EEXIST)
        return ctl_fail("%s: cannot be created: %s", folder, strerror(errno));
    int count = scandir(folder, &list, wanted, NULL);
    list_free(list, count);
    return count == 0 ? 0 : ctl_fail("%s: exists already: name another folder", folder);
}

static int copy_all(const struct scaffold *new) {
    struct dirent **list;
    int count = scandir(new->source, &list, wanted, alphasort);
    if (count < 0)
        return ctl_fail("%s: the template cannot be read: %s; install Kenangan POS, or name the "
                        "folder with --template",
                        new->source, strerror(errno));
    int status = folder_make(new->folder);
    for (int i = 0; status == 0 && i < count; i++)
        status = copy(new, list[i]->d_name);
    list_free(list, count);
    return status;
}

static int name_check(struct scaffold *new) {
    size_t length = strlen(new->name);
    if (length > 32 || !islower((unsigned char)new->name[0]) ||
        strspn(new->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
        return ctl_usage("module new: NAME must begin with a small letter and have only small "
                         "letters, digits and _, 32 at most");
    for (size_t i = 0; i <= length; i++)
        new->upper[i] = (char)toupper((unsigned char)new->name[i]);
    memcpy(new->capital, new->name, length + 1);
    new->capital[0] = new->upper[0];
    return 0;
}

static int arguments_read(struct scaffold *new, int argc, char **argv) {
    static const struct option known[] = {{"template", required_argument, NULL, 't'},
                                          {NULL, 0, NULL, 0}};
    int letter;
    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter != 't')
            return ctl_usage("module new: \"%s\" is unknown or lacks its value", argv[optind - 1]);
        new->source = optarg;
    }
    if (argc - optind < 1 || argc - optind > 2)
        return ctl_usage("module new: NAME is needed, and at most a FOLDER");
    new->name = argv[optind];
    new->folder = argc - optind == 2 ? argv[optind + 1] : new->name;
    return name_check(new);
}

int ctl_module_new(const struct ctl *ctl, int argc, char **argv) {
    struct scaffold new = {.source = KN_TEMPLATE_DIR};
    (void)ctl;
    int status = arguments_read(&new, argc, argv);
    if (status != 0)
        return status;
    new.arena = arena_new(4096);
    status = copy_all(&new);
    arena_free(new.arena);
    if (status == 0)
        printf("Next: cd %s && make && make check; README.md tells the rest.\n", new.folder);
    return status;
}
