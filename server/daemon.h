/* SPDX-License-Identifier: BSD-3-Clause */
/* Entry points that the two executables call in the library (version node KENANGAN_PRIVATE). */
#ifndef DAEMON_H
#define DAEMON_H

#include <kenangan.h>

KN_EXPORT int kn_daemon_main(int argc, char **argv); /* kenangand */
KN_EXPORT int kn_ctl_main(int argc, char **argv);    /* kenanganctl */

#endif
