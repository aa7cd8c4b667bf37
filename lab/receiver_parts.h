/* What the two files of receiver.h share. */
#ifndef TARRY_LAB_RECEIVER_PARTS_H
#define TARRY_LAB_RECEIVER_PARTS_H

#include "lab/known.h"
#include "lab/receiver.h"
#include "smtpd/session.h"

struct receiver {
    char *name, *domain;
    struct judge_settings *settings;
    struct session_limits limits;
    struct known *known;
    unsigned answer_sec; /* the reply to a message takes so long */
};

#endif
