/* SPDX-License-Identifier: BSD-3-Clause */
#include "uuid.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char hex[] = "0123456789abcdef";

static bool is_dash(size_t position) {
    return position == 8 || position == 13 || position == 18 || position == 23;
}

void uuid_make(char text[UUID_TEXT_SIZE]) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        abort(); /* cannot happen for so few bytes once the kernel's pool is ready */
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    size_t at = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (is_dash(at))
            text[at++] = '-';
        text[at++] = hex[bytes[i] >> 4];
        text[at++] = hex[bytes[i] & 0x0f];
    }
    text[at] = '\0';
}

static char lower_hex_digit(char c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return c;
    if (c >= 'A' && c <= 'F')
        return (char)(c - 'A' + 'a');
    return '\0';
}

bool uuid_parse(const char *text, char canonical[UUID_TEXT_SIZE]) {
    char parsed[UUID_TEXT_SIZE];
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        parsed[i] = is_dash(i) && text[i] == '-' ? '-' : '\0';
        if (!is_dash(i))
            parsed[i] = lower_hex_digit(text[i]);
        if (!parsed[i])
            return false;
    }
    parsed[UUID_TEXT_SIZE - 1] = '\0';
    if (text[UUID_TEXT_SIZE - 1] != '\0')
        return false;
    if (canonical)
        memcpy(canonical, parsed, sizeof(parsed));
    return true;
}
