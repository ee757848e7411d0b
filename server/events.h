/* SPDX-License-Identifier: BSD-3-Clause */
/* Subscriptions to the outbox (kn_event_*): reads committed rows in order, only while someone
 * listens. */
#ifndef EVENTS_H
#define EVENTS_H

struct process;
struct events;

struct events *events_new(struct process *process);
void events_start(struct events *events);
void events_free(struct events *events);

#endif
