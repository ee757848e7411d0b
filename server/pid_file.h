/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PID_FILE_H
#define PID_FILE_H

/* Names this process in the file, in one step: a reader finds the old number or the new one. */
void pid_file_write(const char *path);

/* Removes it unless a newer master has put its own number there. */
void pid_file_remove(const char *path);

#endif
