/* The parts of a sender's local part. For normal*.c only. */
#ifndef TARRY_GREYLIST_NORMAL_PARTS_H
#define TARRY_GREYLIST_NORMAL_PARTS_H

struct sender_parts {
    const char *user;   /* without tag, detail and recipient */
    const char *origin; /* SRS: the domain that the user is from; or NULL */
    const char *base;   /* SRS: who forwarded, "" if not said */
};

/* Cuts local to pieces in place. They live in it, or are constant. */
void normal_parts(char *local, struct sender_parts *out);

#endif
