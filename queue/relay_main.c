/* relay: one conversation with one server. All of it is in relay.c. */
#include "queue/relay.h"

int main(void)
{
    return child_run(PROGRAM_RELAY, &relay_ops);
}
