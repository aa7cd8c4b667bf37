/* deliver: holds the Maildirs. All of it is in deliver.c. */
#include "queue/deliver.h"

int main(void)
{
    return child_run(PROGRAM_DELIVER, &deliver_ops);
}
