/* queue: the retry spool, the schedule, bounces. All of it is in queue.c. */
#include "queue/queue.h"

int main(void)
{
    return child_run(PROGRAM_QUEUE, &queue_ops);
}
