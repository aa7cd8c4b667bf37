/*
 * Linked into the programs of a ThreadSanitizer build. Berkeley DB locks with
 * instructions of its own, which TSan does not see: what happens in there is
 * not ours to judge.
 */
const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libdb-5.3.so\n"
           "deadlock:libdb-5.3.so\n"
           "race:libdb-5.3.so\n";
}
