/* What the two files of receiver.h share. */
#ifndef TARRY_LAB_RECEIVER_PARTS_H
#define TARRY_LAB_RECEIVER_PARTS_H

#include "lab/known.h"
#include "lab/receiver.h"
#include "lib/conf.h"
#include "smtpd/session.h"

struct receiver {
    char *name, *domain;
    struct judge_settings *settings;
    struct session_limits limits;
    struct known *known;
    unsigned answer_sec; /* the reply to a message takes so long */
};

/* Sets one value of greylist { } ("delay=1m"). -1 with what is wrong. */
int receiver_change(struct conf *c, const char *change, char *err, size_t size);

#endif
