/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the service manager how the server is (sd_notify protocol), without its library. */
#ifndef NOTIFY_H
#define NOTIFY_H

/* Sends "READY=1\nMAINPID=..." and the like; does nothing when no manager asked for it. */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
