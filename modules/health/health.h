/* SPDX-License-Identifier: BSD-3-Clause */
/* The health module: its configuration, its state and the handlers of its routes. */
#ifndef HEALTH_H
#define HEALTH_H

#include <kenangan.h>

struct health_conf {
    const char *metrics_token; /* NULL: metrics only for this host */
    const char *backup_dir;    /* where scripts/backup.sh puts its files */
    int64_t backup_interval;   /* ms between two backups */
};

struct health {
    const struct health_conf *conf;
};

/* report.c */
void health_report(struct kn_req *req, void *state);

/* probes.c */
void health_live(struct kn_req *req, void *state);
void health_ready(struct kn_req *req, void *state);

/* exposition.c */
void health_metrics(struct kn_req *req, void *state);

/* card.c */
void health_card(struct kn_req *req, void *state);

#endif
