/* The programs of the house, by number. Numbers are used in messages. */
#ifndef TARRY_PROGRAM_H
#define TARRY_PROGRAM_H

enum program {
    PROGRAM_PARENT,
    PROGRAM_SIGNER,
    PROGRAM_SMTPD,
    PROGRAM_RESOLVER,
    PROGRAM_DELIVER,
    PROGRAM_GREYLIST,
    PROGRAM_QUEUE,
    PROGRAM_RELAY, /* several of them at a time */
    PROGRAM_COUNT
};

/* The name of its executable; "?" for a number that is none. */
const char *program_name(unsigned program);

#endif
