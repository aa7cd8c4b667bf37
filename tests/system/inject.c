/*
 * inject PID CALL [ARGUMENT...]: one system call, made from inside a process.
 *
 * For the tests of the sandbox.  As root it stops the main thread of a running
 * program with ptrace(2) where it waits in a system call, lets it make another
 * one instead, and sends it back to wait.  The process takes no part in this:
 * what happens is what would happen to code of an intruder.
 *
 * Arguments are numbers, or "str:TEXT" (a pointer to the text), "in:ADDR:PORT"
 * (a pointer to a sockaddr_in), "zero:" (a pointer to 64 zero octets).  They
 * are written below the stack of the process, past its red zone.
 *
 * Prints the value returned, "-1 EACCES" or "killed by SIGSYS"; exits 0, or 1
 * if it could not try.
 */
#ifdef __x86_64__
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#define RED_ZONE 128
#define SLOT     256 /* octets for an argument in memory */
#define NARGS    6

struct argument {
    unsigned long value;
    unsigned char data[SLOT];
    bool in_memory;
};

static pid_t target;

static int parse_address(const char *text, unsigned char *out)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    char host[64];
    unsigned port;

    if (sscanf(text, "%63[^:]:%u", host, &port) != 2 ||
        inet_pton(AF_INET, host, &sin.sin_addr) != 1)
        return -1;
    sin.sin_port = htons((uint16_t)port);
    memcpy(out, &sin, sizeof(sin));
    return 0;
}

static void parse(const char *text, struct argument *a)
{
    char *end;

    a->in_memory = true;
    if (strncmp(text, "str:", 4) == 0) {
        if (snprintf((char *)a->data, SLOT, "%s", text + 4) >= SLOT)
            errx(1, "%s: too long", text);
    } else if (strncmp(text, "in:", 3) == 0) {
        if (parse_address(text + 3, a->data) != 0)
            errx(1, "%s: not an address", text);
    } else if (strcmp(text, "zero:") != 0) {
        a->in_memory = false;
        a->value = strtoul(text, &end, 0);
        if (*text == '\0' || *end != '\0')
            errx(1, "%s: not a number", text);
    }
}

/* The signal that ended it, or 0 when it stopped. */
static int wait_stop(int *why)
{
    int status;

    if (waitpid(target, &status, __WALL) != target)
        err(1, "waitpid");
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    if (WIFEXITED(status))
        errx(1, "%d: it exited", (int)target);
    *why = status >> 8;
    return 0;
}

static void get_registers(struct user_regs_struct *r)
{
    if (ptrace(PTRACE_GETREGS, target, NULL, r) != 0)
        err(1, "cannot read the registers");
}

static void set_registers(const struct user_regs_struct *r)
{
    if (ptrace(PTRACE_SETREGS, target, NULL, r) != 0)
        err(1, "cannot set the registers");
}

/* Only behind a syscall instruction can the next call be made as well. */
static bool behind_call(const struct user_regs_struct *r)
{
    errno = 0;
    long word = ptrace(PTRACE_PEEKTEXT, target, r->rip - 2, NULL);

    return errno == 0 && (word & 0xffff) == 0x050f && (long)r->orig_rax >= 0;
}

static void stop_in_call(struct user_regs_struct *r)
{
    struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    int why;

    if (ptrace(PTRACE_SEIZE, target, NULL, PTRACE_O_TRACESYSGOOD) != 0)
        err(1, "cannot trace %d", (int)target);
    for (int i = 0; i < 300; i++) {
        if (ptrace(PTRACE_INTERRUPT, target, NULL, NULL) != 0)
            err(1, "cannot stop %d", (int)target);
        if (wait_stop(&why) != 0)
            errx(1, "%d: it was killed", (int)target);
        get_registers(r);
        if (why >> 8 == PTRACE_EVENT_STOP && behind_call(r))
            return;
        /* Busy, or a signal, which goes its way. */
        ptrace(PTRACE_CONT, target, NULL, why >> 8 == 0 ? why : 0);
        nanosleep(&pause, NULL);
    }
    errx(1, "%d: it never waits", (int)target);
}

static void write_memory(unsigned long where, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i += sizeof(long)) {
        long word;

        memcpy(&word, (const char *)data + i, sizeof(word));
        if (ptrace(PTRACE_POKEDATA, target, where + i, word) != 0)
            err(1, "cannot write to its stack");
    }
}

static void place(struct argument *args, unsigned long stack)
{
    stack = (stack - RED_ZONE) & ~0xfUL;
    for (int i = 0; i < NARGS; i++) {
        if (!args[i].in_memory)
            continue;
        stack -= SLOT;
        write_memory(stack, args[i].data, SLOT);
        args[i].value = stack;
    }
}

/* Goes on to the entry or end of a call. The signal that ended it, or 0. */
static int next_stop(void)
{
    int why, killed;

    do {
        if (ptrace(PTRACE_SYSCALL, target, NULL, NULL) != 0)
            err(1, "cannot go on");
        killed = wait_stop(&why);
    } while (killed == 0 && why != (SIGTRAP | 0x80));
    return killed;
}

static int make_call(struct user_regs_struct r, long number,
                     const struct argument *a, long *result)
{
    int killed;

    r.rip -= 2;
    r.rax = (unsigned long)number;
    r.orig_rax = (unsigned long)-1; /* no restart of the interrupted one */
    r.rdi = a[0].value;
    r.rsi = a[1].value;
    r.rdx = a[2].value;
    r.r10 = a[3].value;
    r.r8 = a[4].value;
    r.r9 = a[5].value;
    set_registers(&r);
    killed = next_stop();
    if (killed == 0)
        killed = next_stop();
    if (killed == 0) {
        get_registers(&r);
        *result = (long)r.rax;
    }
    return killed;
}

/*
 * The call it was in begins anew.  A process condemned by its filter has come
 * to the end of our call like any other, and dies before it gets there.
 */
static int send_back(struct user_regs_struct r)
{
    int killed;

    r.rip -= 2;
    r.rax = r.orig_rax;
    r.orig_rax = (unsigned long)-1;
    set_registers(&r);
    killed = next_stop();
    if (killed == 0)
        ptrace(PTRACE_DETACH, target, NULL, NULL);
    return killed;
}

static void print(long result)
{
    if (result < 0 && result > -4096)
        printf("-1 %s\n", strerrorname_np((int)-result));
    else
        printf("%ld\n", result);
}

int main(int argc, char **argv)
{
    struct argument args[NARGS] = {0};
    struct user_regs_struct registers;
    long number, result = 0;
    int killed;

    if (argc < 3 || argc > 3 + NARGS)
        errx(1, "usage: inject PID CALL [ARGUMENT...]");
    target = (pid_t)strtol(argv[1], NULL, 10);
    number = seccomp_syscall_resolve_name(argv[2]);
    if (target <= 1 || number < 0)
        errx(1, "%s %s: no such process or call", argv[1], argv[2]);
    for (int i = 3; i < argc; i++)
        parse(argv[i], &args[i - 3]);
    stop_in_call(&registers);
    place(args, registers.rsp);
    killed = make_call(registers, number, args, &result);
    if (killed == 0)
        killed = send_back(registers);
    if (killed != 0)
        printf("killed by SIG%s\n", sigabbrev_np(killed));
    else
        print(result);
    return 0;
}
#else
#include <stdio.h>

int main(void)
{
    puts("unsupported");
    return 1;
}
#endif
