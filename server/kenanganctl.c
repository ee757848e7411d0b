/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon.h"

int main(int argc, char **argv) {
    return kn_ctl_main(argc, argv);
}
