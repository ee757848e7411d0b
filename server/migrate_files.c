/* SPDX-License-Identifier: BSD-3-Clause */
#include "migrate_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "buf.h"

#define FILE_MAX (16 * 1024 * 1024)

static int fail(char **error, const char *path, const char *what) {
    struct buf text = {0};
    buf_printf(&text, "%s: %s", path, what);
    *error = buf_take(&text);
    return -1;
}

/* ---------------------------------------------------------------- reading */

static char *contents_read(const char *path, size_t *length, char **error) {
    FILE *file = fopen(path, "re");
    struct buf text = {0};
    if (!file) {
        fail(error, path, strerror(errno));
        return NULL;
    }
    for (size_t got = 1; got > 0 && text.length <= FILE_MAX;) {
        buf_reserve(&text, 65536);
        got = fread(text.data + text.length, 1, 65536, file);
        text.length += got;
        text.data[text.length] = '\0';
    }
    bool bad = ferror(file) || text.length > FILE_MAX || strlen(text.data) != text.length;
    fclose(file);
    if (bad) {
        fail(error, path, "cannot be read as SQL: too large, or it holds a NUL byte");
        buf_free(&text);
        return NULL;
    }
    *length = text.length;
    return buf_take(&text);
}

static char *join(const char *folder, const char *name) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

static int file_add(struct migrate_files *files, const char *sql_dir, const char *module,
                    const char *name, char **error) {
    struct migrate_file file = {.module = xstrdup(module), .name = xstrdup(name)};
    file.path = join(module, name);
    file.version = strtol(name, NULL, 10);
    char *whole = join(sql_dir, file.path);
    file.text = contents_read(whole, &file.length, error);
    free(whole);
    files->files = xrealloc(files->files, (files->count + 1) * sizeof(file));
    files->files[files->count++] = file;
    return file.text ? 0 : -1;
}

static bool is_sql_name(const char *name) {
    size_t length = strlen(name), digits = strspn(name, "0123456789");
    return digits > 0 && digits < 10 && name[digits] == '_' && length > 4 &&
           strcmp(name + length - 4, ".sql") == 0;
}

static int folder_read(struct migrate_files *files, const char *sql_dir, const char *module,
                       char **error) {
    char *path = join(sql_dir, module);
    struct dirent *entry;
    DIR *folder = opendir(path);
    int result = 0;
    if (!folder && errno != ENOTDIR)
        result = fail(error, path, strerror(errno));
    while (folder && result == 0 && (entry = readdir(folder)))
        if (is_sql_name(entry->d_name))
            result = file_add(files, sql_dir, module, entry->d_name, error);
    if (folder)
        closedir(folder);
    free(path);
    return result;
}

static int compare(const void *left, const void *right) {
    const struct migrate_file *a = left, *b = right;
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    return strcmp(a->path, b->path);
}

/* Two files of one module with one number: their order would be an accident. */
static int duplicates_refuse(const struct migrate_files *files, char **error) {
    for (size_t i = 1; i < files->count; i++) {
        const struct migrate_file *a = &files->files[i - 1], *b = &files->files[i];
        if (a->version == b->version && strcmp(a->module, b->module) == 0)
            return fail(error, b->path,
                        "another file of this module has the same number: "
                        "give it the next one");
    }
    return 0;
}

static int folders_read(struct migrate_files *files, const char *sql_dir, char **error) {
    struct dirent *entry;
    int result = 0;
    DIR *folder = opendir(sql_dir);
    if (!folder)
        return fail(error, sql_dir, "cannot open the directory of the migrations; set sql_dir");
    while (result == 0 && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "demo") != 0)
            result = folder_read(files, sql_dir, entry->d_name, error);
    closedir(folder);
    return result;
}

int migrate_files_read(struct migrate_files *files, const char *sql_dir, bool demo, char **error) {
    *files = (struct migrate_files){0};
    int result =
        demo ? folder_read(files, sql_dir, "demo", error) : folders_read(files, sql_dir, error);
    if (result == 0 && files->count == 0)
        result = fail(error, sql_dir,
                      "holds no <module>/NNN_name.sql; set sql_dir to the directory "
                      "of the migrations");
    if (result == 0) {
        qsort(files->files, files->count, sizeof(*files->files), compare);
        result = duplicates_refuse(files, error);
    }
    return result;
}

void migrate_files_free(struct migrate_files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->files[i].module);
        free(files->files[i].name);
        free(files->files[i].path);
        free(files->files[i].text);
        free(files->files[i].checksum);
    }
    free(files->files);
    *files = (struct migrate_files){0};
}

/* ---------------------------------------------------------------- finding lines */

static size_t line_at(const char *text, const char *place) {
    size_t line = 1;
    for (; text < place; text++)
        line += *text == '\n';
    return line;
}

size_t migrate_line_of_character(const char *text, long character) {
    const char *c = text;
    for (; *c; c++) {
        bool first_byte = ((unsigned char)*c & 0xc0) != 0x80;
        if (first_byte && --character == 0)
            break;
    }
    return line_at(text, c);
}

/* Each skipper gets the place behind an opening mark and returns the one behind the closing mark.
 */
static const char *skip_quoted(const char *c, char quote, bool escapes) {
    for (; *c && *c != quote; c++)
        if (escapes && *c == '\\' && c[1])
            c++;
    return *c ? c + 1 : c;
}

static const char *skip_comment(const char *c) {
    int depth = 1;
    for (; *c && depth > 0; c++) {
        if (c[0] == '*' && c[1] == '/') {
            depth--;
            c++;
        } else if (c[0] == '/' && c[1] == '*') {
            depth++;
            c++;
        }
    }
    return c;
}

/* $$...$$ or $tag$...$tag$; a lone dollar sign is passed over. */
static const char *skip_dollar(const char *c) {
    char tag[66];
    size_t length = 0;
    while (length < 63 &&
           (c[length] == '_' || ((c[length] | 32) >= 'a' && (c[length] | 32) <= 'z') ||
            (c[length] >= '0' && c[length] <= '9')))
        length++;
    if (c[length] != '$')
        return c;
    tag[0] = '$';
    memcpy(tag + 1, c, length + 1);
    tag[length + 2] = '\0';
    const char *end = strstr(c + length + 1, tag);
    return end ? end + length + 2 : c + strlen(c);
}

static const char *skip_blank(const char *c) {
    for (;;) {
        c += strspn(c, " \t\r\n\f");
        if (c[0] == '-' && c[1] == '-')
            c += strcspn(c, "\n");
        else if (c[0] == '/' && c[1] == '*')
            c = skip_comment(c + 2);
        else
            return c;
    }
}

/* Behind the semicolon that ends the statement at c. */
static const char *skip_statement(const char *c, const char *text) {
    while (*c && *c != ';') {
        bool escapes = c > text && (c[-1] == 'E' || c[-1] == 'e');
        if ((c[0] == '-' && c[1] == '-') || (c[0] == '/' && c[1] == '*'))
            c = skip_blank(c);
        else if (*c == '\'' || *c == '"')
            c = skip_quoted(c + 1, *c, escapes);
        else if (*c == '$')
            c = skip_dollar(c + 1);
        else
            c++;
    }
    return *c ? c + 1 : c;
}

size_t migrate_line_of_statement(const char *text, size_t index) {
    const char *c = skip_blank(text);
    while (*c && index > 0) {
        if (*c != ';') /* an empty statement has no result */
            index--;
        c = skip_blank(skip_statement(c, text));
    }
    while (*c == ';')
        c = skip_blank(c + 1);
    return line_at(text, c);
}
