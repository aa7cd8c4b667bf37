# Tarry. Two commands: "make run" and "make check". See README.md.
.DEFAULT_GOAL = all
.DELETE_ON_ERROR:
.SUFFIXES:

B       ?= build
Q       ?= @
# make Q= shows whole commands
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
PKGS     = libevent_core libconfuse libseccomp
SAN     ?=
OPT     ?= -O2

WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
       -Wmissing-prototypes -Wconversion -Wno-sign-conversion -Wvla \
       -Wpointer-arith -Wwrite-strings -Wformat=2
# Sanitizers hide from gcc what bounds a string; only then it warns of these.
WARN += $(if $(SAN),-Wno-format-truncation)
HARD = -fstack-protector-strong -fPIE -fcf-protection \
       $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CPPFLAGS = -I. -D_GNU_SOURCE -DLIBEXEC='"$(PREFIX)/libexec/tarry"' \
           -DSYSCONF='"/etc/tarry"'
CFLAGS   = -std=c11 -g $(OPT) $(WARN) $(HARD) $(SAN)
LDFLAGS  = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SAN)

# Every object depends on the headers it includes, and on this file.
$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q:@=@echo '  CC   $<';) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

LIB = \
	lib/address.c \
	lib/address_text.c \
	lib/chan.c \
	lib/chan_call.c \
	lib/child.c \
	lib/conf.c \
	lib/conf_check.c \
	lib/conf_free.c \
	lib/conf_greylist.c \
	lib/conf_mistake.c \
	lib/conf_names.c \
	lib/conf_queue.c \
	lib/conf_read.c \
	lib/conf_socket.c \
	lib/conf_text.c \
	lib/conf_value.c \
	lib/dsn_words.c \
	lib/log.c \
	lib/msg.c \
	lib/netaddr.c \
	lib/packet.c \
	lib/program.c \
	lib/sandbox.c \
	lib/sandbox_calls.c \
	lib/sandbox_landlock.c \
	lib/sandbox_seccomp.c \
	lib/stats.c \
	lib/tls_reads.c \
	lib/utf8.c \
	lib/xalloc.c

# The session without its shell: also for the tests, and the laboratory.
SESSION = \
	smtpd/body.c \
	smtpd/commands.c \
	smtpd/data.c \
	smtpd/envelope.c \
	smtpd/greeting.c \
	smtpd/params.c \
	smtpd/reply.c \
	smtpd/session.c \
	smtpd/trace.c

SMTPD = \
	smtpd/clients.c \
	smtpd/conn.c \
	smtpd/deadline.c \
	smtpd/handover.c \
	smtpd/house.c \
	smtpd/io.c \
	smtpd/places.c \
	smtpd/record.c \
	smtpd/remote_key.c \
	smtpd/routes.c \
	smtpd/server.c \
	smtpd/signatures.c \
	smtpd/step.c \
	smtpd/tls.c

SIGNER = \
	signer/keys.c \
	signer/pem.c \
	signer/request.c

RESOLVER = \
	resolver/answer.c \
	resolver/dns.c \
	resolver/exchangers.c \
	resolver/fcrdns.c \
	resolver/mx.c \
	resolver/name_cache.c \
	resolver/names.c \
	resolver/odd.c \
	resolver/server.c

DELIVER = \
	queue/accounts.c \
	queue/alias_loops.c \
	queue/alias_text.c \
	queue/aliases.c \
	queue/check.c \
	queue/deliver.c \
	queue/delivery.c \
	queue/envelope.c \
	queue/flusher.c \
	queue/held.c \
	queue/identity.c \
	queue/mailbox_find.c \
	queue/mailboxes.c \
	queue/maildir.c \
	queue/maildir_check.c \
	queue/maildirs.c \
	queue/names.c \
	queue/prepare.c \
	queue/reach.c \
	queue/recipients.c \
	queue/recipients_check.c \
	queue/transaction.c \
	queue/transactions.c

QUEUE = \
	queue/destinations.c \
	queue/destinations_table.c \
	queue/dsn.c \
	queue/dsn_text.c \
	queue/job.c \
	queue/message.c \
	queue/prepare.c \
	queue/queue.c \
	queue/queue_accept.c \
	queue/queue_append.c \
	queue/queue_clock.c \
	queue/queue_control.c \
	queue/queue_expand.c \
	queue/queue_job.c \
	queue/queue_job_end.c \
	queue/queue_load.c \
	queue/queue_local.c \
	queue/queue_mx.c \
	queue/queue_record.c \
	queue/queue_relay.c \
	queue/queue_report.c \
	queue/queue_resolver.c \
	queue/queue_result.c \
	queue/queue_run.c \
	queue/queue_show.c \
	queue/queue_smtpd.c \
	queue/queue_stats.c \
	queue/queue_submit.c \
	queue/queue_submit_clients.c \
	queue/queue_submit_lines.c \
	queue/record.c \
	queue/record_events.c \
	queue/record_read.c \
	queue/schedule.c \
	queue/spool.c \
	queue/spool_scan.c \
	queue/syncer.c \
	queue/text.c \
	queue/timers.c \
	queue/wait_text.c

RELAY = queue/job.c \
	$(filter-out queue/relay_main.c,$(sort $(wildcard queue/relay*.c)))

TARRYD = \
	tarryd/backoff.c \
	tarryd/check.c \
	tarryd/control.c \
	tarryd/daemon.c \
	tarryd/links.c \
	tarryd/listeners.c \
	tarryd/notify.c \
	tarryd/reload.c \
	tarryd/report.c \
	tarryd/run.c \
	tarryd/settings.c \
	tarryd/settings_send.c \
	tarryd/snapshot.c \
	tarryd/spawn.c \
	tarryd/start.c \
	tarryd/status.c \
	tarryd/trial.c \
	tarryd/unix.c \
	tarryd/watchdog.c \
	tarryd/workers.c \
	tarryd/workers_stop.c

TARRYCTL = \
	ctl/ask.c \
	ctl/attempts.c \
	ctl/attempts_print.c \
	ctl/greylist.c \
	ctl/greylist_postgrey.c \
	ctl/greylist_print.c \
	ctl/main.c \
	ctl/queue.c \
	ctl/senders_json.c \
	ctl/senders_main.c \
	ctl/senders_print.c \
	ctl/senders_table.c \
	ctl/text_json.c

# What judges senders, pure: also for its tests.
SENDERS = \
	ctl/senders.c \
	ctl/senders_clients.c \
	ctl/senders_exempt.c \
	ctl/senders_group.c \
	ctl/senders_lost.c \
	ctl/senders_waits.c \
	ctl/since.c \
	ctl/text.c \
	ctl/texts.c \
	lab/verdict.c \
	lab/verdict_rules.c \
	lab/verdict_text.c

GREYLIST = \
	greylist/admin.c \
	greylist/admin_attempts.c \
	greylist/admin_dump.c \
	greylist/admin_edit.c \
	greylist/admin_filter.c \
	greylist/admin_key.c \
	greylist/admin_list.c \
	greylist/admin_stats.c \
	greylist/counters.c \
	greylist/decide.c \
	greylist/dialup.c \
	greylist/dump.c \
	greylist/dump_load.c \
	greylist/exempt.c \
	greylist/exempt_line.c \
	greylist/exempt_names.c \
	greylist/exempt_nets.c \
	greylist/history.c \
	greylist/history_file.c \
	greylist/history_open.c \
	greylist/identity.c \
	greylist/judge.c \
	greylist/memory.c \
	greylist/normal.c \
	greylist/normal_parts.c \
	greylist/policy.c \
	greylist/policyd.c \
	greylist/policyd_conn.c \
	greylist/policyd_parse.c \
	greylist/postgrey.c \
	greylist/postgrey_copy.c \
	greylist/remember.c \
	greylist/reply.c \
	greylist/settings.c \
	greylist/smtpd.c \
	greylist/store.c \
	greylist/store_aside.c \
	greylist/store_expire.c \
	greylist/store_health.c \
	greylist/store_recent.c \
	greylist/store_record.c \
	greylist/store_tables.c \
	greylist/store_upkeep.c \
	greylist/store_walk.c \
	greylist/suffix.c

# The laboratory. LAB_MODEL is pure but for load.c: for its tests, too. The
# senders of "schedule tarry" are the queue's own code.
LAB_MODEL = \
	lab/clean.c \
	lab/content.c \
	lab/delays.c \
	lab/fate.c \
	lab/known.c \
	lab/load.c \
	lab/mix.c \
	lab/orders.c \
	lab/profile.c \
	lab/profile_keys.c \
	lab/profile_schedule.c \
	lab/profile_words.c \
	lab/queueing.c \
	lab/receiver.c \
	lab/receiver_change.c \
	lab/receiver_new.c \
	lab/replay_messages.c \
	lab/replay_run.c \
	lab/seen.c \
	lab/sender.c \
	lab/study.c \
	lab/trace.c \
	lab/trace_defer.c \
	lab/trace_postfix.c \
	lab/trace_queue.c \
	lab/trace_time.c \
	lab/verdict.c \
	lab/verdict_rules.c \
	lab/verdict_text.c \
	queue/relay_reply.c \
	queue/schedule.c \
	queue/wait_text.c

LAB = \
	lab/book.c \
	lab/main.c \
	lab/profiles.c \
	lab/receive.c \
	lab/receive_conn.c \
	lab/receive_house.c \
	lab/replay.c \
	lab/replay_print.c \
	lab/report.c \
	lab/report_html.c \
	lab/report_json.c \
	lab/report_plot.c \
	lab/report_text.c \
	lab/report_tries.c \
	lab/send.c \
	lab/send_options.c \
	lab/simulate.c \
	lab/verdict_print.c \
	lab/wire.c

PROGRAMS = tarryd smtpd signer resolver deliver greylist queue relay tarryctl \
           tarry-sendmail tarrylab

obj  = $(patsubst %.c,$(B)/obj/%.o,$(1))
LINK = $(Q:@=@echo '  LINK $@';) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
LIBS = -levent_core -lconfuse -lseccomp

all: $(PROGRAMS:%=$(B)/%)

# Each program is its main file and the archive of its folder.
$(B)/tarryd: $(call obj,tarryd/main.c) $(B)/tarryd.a $(B)/lib.a
	$(LINK) $(LIBS) -ljansson
$(B)/smtpd: $(call obj,smtpd/main.c) $(B)/smtpd.a $(B)/session.a \
		$(B)/signer.a $(B)/lib.a
	$(LINK) $(LIBS) -lssl -lcrypto
$(B)/signer: $(call obj,signer/main.c) $(B)/signer.a $(B)/lib.a
	$(LINK) $(LIBS) -lcrypto
$(B)/resolver: $(call obj,resolver/main.c) $(B)/resolver.a $(B)/lib.a
	$(LINK) $(LIBS) -lcares -lresolv -lidn2
$(B)/deliver: $(call obj,queue/deliver_main.c) $(B)/deliver.a $(B)/lib.a
	$(LINK) $(LIBS) -lidn2 -pthread
$(B)/queue: $(call obj,queue/queue_main.c) $(B)/queue.a $(B)/lib.a
	$(LINK) $(LIBS) -ljansson -pthread
$(B)/relay: $(call obj,queue/relay_main.c) $(B)/relay.a $(B)/lib.a
	$(LINK) $(LIBS) -lssl -lcrypto
$(B)/tarry-sendmail: $(call obj,$(wildcard sendmail/*.c)) $(B)/lib.a
	$(LINK) $(LIBS)
$(B)/greylist: $(call obj,greylist/main.c $(TSAN)) \
		$(B)/greylist.a $(B)/lib.a
	$(LINK) $(LIBS) -ldb -lpsl -ljansson -pthread
$(B)/tarryctl: $(call obj,$(TARRYCTL)) $(B)/senders.a $(B)/greylist.a \
		$(B)/lib.a
	$(LINK) $(LIBS) -ldb -lpsl -ljansson -pthread

$(B)/tarrylab: $(call obj,$(LAB)) $(B)/lab.a $(B)/session.a $(B)/greylist.a \
		$(B)/lib.a
	$(LINK) $(LIBS) -lpsl -ljansson -lm

$(B)/lib.a: $(call obj,$(LIB))
$(B)/session.a: $(call obj,$(SESSION))
$(B)/smtpd.a: $(call obj,$(SMTPD))
$(B)/signer.a: $(call obj,$(SIGNER))
$(B)/resolver.a: $(call obj,$(RESOLVER))
$(B)/deliver.a: $(call obj,$(DELIVER))
$(B)/queue.a: $(call obj,$(QUEUE))
$(B)/relay.a: $(call obj,$(RELAY))
$(B)/tarryd.a: $(call obj,$(TARRYD))
$(B)/greylist.a: $(call obj,$(GREYLIST))
$(B)/lab.a: $(call obj,$(LAB_MODEL))
$(B)/senders.a: $(call obj,$(SENDERS))
$(B)/%.a:
	@rm -f $@
	$(Q)ar rcs $@ $^

deps:
	B=$(B) tools/deps build

# A receiver on 127.0.0.1:2525 with everything below build/run.
run: deps
	@$(MAKE) --no-print-directory all
	@B=$(B) tools/run
demo: check-deps
	@$(MAKE) --no-print-directory all
	@B=$(B) tools/run demo

# Tests. One file a module in tests/unit, with what it links.
UNIT_LIB      = address chan conf dsn_words log msg netaddr sandbox stats
UNIT_SMTPD    = body clients handover params reply routes session tls turns
UNIT_SIGNER   = keys
UNIT_RESOLVER = answer fcrdns mx name_cache server
UNIT_DELIVER  = aliases flusher held maildir recipients
UNIT_QUEUE    = destinations dsn message record schedule spool timers wait_text
UNIT_RELAY    = job relay_body relay_hosts relay_io relay_reply relay_session
UNIT_TARRYD   = backoff report settings snapshot
PLAYED_HOUSE = tests/dialogue/run_greylist.c tests/dialogue/run_house.c \
               tests/dialogue/run_pure.c \
               tests/dialogue/run_text.c
UNIT_GREYLIST = counters decide dump exempt greylist_reply history identity \
                judge normal policy policyd postgrey store upkeep
UNIT_CTL = senders
UNIT_LAB = content delays orders profile replay seen sender simulate stories \
           trace trace_postfix verdict
UNIT = $(UNIT_LIB) $(UNIT_SMTPD) $(UNIT_SIGNER) $(UNIT_RESOLVER) $(UNIT_DELIVER) \
       $(UNIT_QUEUE) $(UNIT_RELAY) $(UNIT_TARRYD) $(UNIT_GREYLIST) $(UNIT_CTL) \
       $(UNIT_LAB) \
       deliver reset_matrix
SYSTEM = clients clock corpus dialogues durable five_days greylist hanging insiders \
         lab_postfix lab_receive lab_replay lab_send lab_simulate leaving limits mailboxes mx \
         next_host notify obeying operation policy postgrey queue queue_kill queue_troubles \
         relay_dialogues \
         relay_matrix relay_receiver relay_sink resolver routes sandbox senders sendmail \
         store_kill submission tls

$(UNIT_LIB:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lcriterion -pthread
$(UNIT_SMTPD:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/smtpd.a $(B)/session.a $(B)/signer.a \
		$(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lssl -lcrypto -lcriterion
$(UNIT_SIGNER:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(call obj,tests/driver/certificate.c) \
		$(B)/signer.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lcrypto -lcriterion
$(B)/tests/unit/tls $(B)/tests/unit/relay_io: \
		$(call obj,tests/driver/certificate.c)
$(UNIT_RESOLVER:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/resolver.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lcares -lresolv -lidn2 -lcriterion
$(UNIT_DELIVER:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/deliver.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lidn2 -lcriterion -pthread
$(UNIT_QUEUE:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/queue.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -ljansson -lcriterion -pthread
$(UNIT_RELAY:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/relay.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lssl -lcrypto -lcriterion
$(B)/tests/unit/deliver: $(call obj,tests/unit/deliver.c \
		tests/driver/deliver.c) $(B)/deliver.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lidn2 -lcriterion -pthread
$(UNIT_TARRYD:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/tarryd.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -ljansson -lcriterion

$(UNIT_GREYLIST:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/greylist.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -ldb -lpsl -ljansson -lcriterion -pthread
$(UNIT_CTL:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/senders.a $(B)/greylist.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lpsl -lcriterion
$(UNIT_LAB:%=$(B)/tests/unit/%): $(B)/tests/unit/%: \
		$(B)/obj/tests/unit/%.o $(B)/lab.a $(B)/session.a $(B)/greylist.a \
		$(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lpsl -ljansson -lcriterion
$(B)/tests/unit/reset_matrix: $(B)/obj/tests/unit/reset_matrix.o \
		$(call obj,$(PLAYED_HOUSE)) $(B)/session.a $(B)/greylist.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lpsl -lcriterion

# Programs that the system tests use.
DIALOGUES = $(wildcard tests/dialogue/*.c)
$(B)/tests/dialogues: $(call obj,$(DIALOGUES)) $(B)/session.a \
		$(B)/greylist.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lssl -lcrypto -lpsl
$(B)/tests/%: $(B)/obj/tests/system/%.o $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS)
$(B)/tests/bench-deliver: $(call obj,tests/bench/deliver.c \
		tests/driver/deliver.c) $(B)/deliver.a $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lidn2 -pthread
STORE_LIBS = $(B)/greylist.a $(B)/lib.a
$(B)/tests/store_worker: $(call obj,tests/system/store_worker.c) $(STORE_LIBS)
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -ldb -lpsl -ljansson -pthread
$(B)/tests/bench-store: $(call obj,tests/bench/store.c) $(STORE_LIBS)
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -ldb -lpsl -ljansson -pthread
$(B)/tests/bench-history: $(call obj,tests/bench/history.c) $(STORE_LIBS)
	@mkdir -p $(@D)
	$(LINK) $(LIBS) -lpsl
$(B)/tests/drive_relay: $(B)/obj/queue/job.o
$(B)/tests/ask_resolver $(B)/tests/drive_relay: $(B)/tests/%: \
		$(B)/obj/tests/system/%.o $(B)/obj/tests/driver/parent.o $(B)/lib.a
	@mkdir -p $(@D)
	$(LINK) $(LIBS)
$(B)/tests/clock.so: tests/system/clock.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 -shared -fPIC -o $@ $<
TOOLS = $(B)/tests/bench-deliver $(B)/tests/dialogues $(B)/tests/ask_resolver \
        $(B)/tests/drive_relay $(B)/tests/inject $(B)/tests/store_worker \
        $(B)/tests/clock.so

tests: all $(UNIT:%=$(B)/tests/unit/%) $(TOOLS)

check-deps:
	@B=$(B) tools/deps check
check: check-deps
	@$(MAKE) --no-print-directory -j$$(nproc) tests
	B=$(B) PATH="$(CURDIR)/$(B)/peers/bin:$$PATH:/usr/sbin:/sbin" \
	    tests/run $(UNIT:%=$(B)/tests/unit/%) $(SYSTEM:%=tests/system/%)

# What takes a minute to see.
check-slow: tests
	B=$(B) tests/run tests/slow/patience

# The same suite under the sanitizers; TSan for what has threads.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all \
           -fno-omit-frame-pointer
asan:
	ASAN_OPTIONS=detect_leaks=0 \
	    $(MAKE) B=build-asan OPT=-O1 SAN="$(SANITIZE)" check
# deliver, queue and greylist flush in threads of their own. Criterion does not
# start under TSan, so it is the running programs that are looked at.
THREADED = clients corpus durable five_days greylist insiders leaving mailboxes policy \
           queue
tsan:
	$(MAKE) B=build-tsan OPT=-O1 SAN=-fsanitize=thread \
	    TSAN=tests/tsan.c all \
	    build-tsan/tests/bench-deliver
	@mkdir -p build-tsan/mail
	build-tsan/tests/bench-deliver $(CURDIR)/build-tsan/mail 20 1000
	B=build-tsan PATH="$$PATH:/usr/sbin:/sbin" \
	    tests/run $(THREADED:%=tests/system/%)

# Fuzzing: each target for FUZZ_SECONDS, from a corpus below build-fuzz.
FUZZ_SECONDS ?= 120
FUZZ = aliases conf dns_answer exempt policyd profile relay session trace
FUZZCC = clang -I. -D_GNU_SOURCE -std=c11 -g -O1 \
         -fsanitize=fuzzer,address,undefined
fuzz: $(FUZZ:%=fuzz-%)
build-fuzz/aliases: $(DELIVER)
build-fuzz/dns_answer: $(RESOLVER)
build-fuzz/exempt build-fuzz/policyd: $(GREYLIST)
build-fuzz/relay: $(RELAY)
build-fuzz/profile: lab/clean.c lab/profile.c lab/profile_keys.c \
		lab/profile_schedule.c lab/profile_words.c lab/queueing.c lab/sender.c \
		queue/relay_reply.c queue/schedule.c queue/wait_text.c
build-fuzz/session: $(SESSION)
build-fuzz/trace: lab/clean.c lab/replay_messages.c lab/trace.c \
		lab/trace_defer.c lab/trace_postfix.c lab/trace_queue.c \
		lab/trace_time.c queue/wait_text.c
build-fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(FUZZCC) -o $@ $^ $(LIBS) -lcares -lresolv -ldb -lpsl \
	    -ljansson -lpthread -lssl -lcrypto -lidn2
fuzz-relay: build-fuzz/seeds/relay
build-fuzz/seeds/relay:
	tests/fuzz/relay.seeds $@
fuzz-session: build-fuzz/seeds/session
build-fuzz/seeds/session: $(B)/tests/dialogues
	B=$(B) tests/fuzz/session.seeds $@
fuzz-%: build-fuzz/%
	@mkdir -p build-fuzz/corpus/$* build-fuzz/seeds/$*
	$< -max_total_time=$(FUZZ_SECONDS) -max_len=4096 \
	    -print_final_stats=1 -artifact_prefix=build-fuzz/ \
	    $(patsubst %,-dict=%,$(wildcard tests/fuzz/$*.dict)) \
	    build-fuzz/corpus/$* build-fuzz/seeds/$*

# What reads the code without running it.
lint:
	clang-format --dry-run -Werror $(ALL_SOURCES)
	cppcheck --quiet --error-exitcode=1 --inline-suppr -I. -D_GNU_SOURCE \
	    --library=gnu,bsd --enable=warning,performance,portability \
	    '-DTestSuite(...)=' '-DTest(...)=static void test(void)' \
	    $(filter %.c,$(ALL_SOURCES))
	for m in man/*; do mandoc -T lint -W warning $$m || exit 1; done
	$(MAKE) B=build-clang CC=clang tests
ALL_SOURCES = $(wildcard lib/*.[ch] smtpd/*.[ch] signer/*.[ch] resolver/*.[ch] queue/*.[ch] \
	tarryd/*.[ch] ctl/*.[ch] greylist/*.[ch] sendmail/*.[ch] lab/*.[ch] \
	tests/*/*.[ch])

MAN1 = tarrylab
MAN5 = tarry.conf tarry-profile
MAN8 = tarryd tarryctl tarry-smtpd tarry-signer tarry-deliver tarry-resolver \
       tarry-greylist tarry-queue tarry-relay tarry-sendmail
BIN     = $(DESTDIR)$(PREFIX)/bin
SBIN    = $(DESTDIR)$(PREFIX)/sbin
LIBDIR  = $(DESTDIR)$(PREFIX)/libexec/tarry
install: all
	install -d $(BIN) $(SBIN) $(LIBDIR) $(DESTDIR)/etc/tarry/profiles \
	    $(DESTDIR)/etc/tarry/examples $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5 $(DESTDIR)$(PREFIX)/share/man/man8 \
	    $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -s $(B)/tarrylab $(BIN)
	install -s $(B)/tarryd $(B)/tarryctl $(B)/tarry-sendmail $(SBIN)
	install -s $(B)/smtpd $(B)/signer $(B)/resolver $(B)/deliver $(B)/greylist \
	    $(B)/queue $(B)/relay $(LIBDIR)
	install -m 644 etc/profiles/*.profile $(DESTDIR)/etc/tarry/profiles
	install -m 644 etc/examples/*.conf $(DESTDIR)/etc/tarry/examples
	install -m 644 $(MAN1:%=man/%.1) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN5:%=man/%.5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 $(MAN8:%=man/%.8) $(DESTDIR)$(PREFIX)/share/man/man8
	for f in tarry.conf clients.exempt senders.exempt; do \
	    test -e $(DESTDIR)/etc/tarry/$$f || \
	    install -m 644 etc/$$f $(DESTDIR)/etc/tarry/$$f || exit 1; done
	for u in tarry.service tarry.socket; do \
	    sed 's|/usr/local/|$(PREFIX)/|' etc/$$u > \
	        $(DESTDIR)$(PREFIX)/lib/systemd/system/$$u; done

bench: all
	tests/bench/receive
# The queue beside Postfix, to smtp-sink; and a start with 100,000 queued.
bench-queue: all
	B=$(B) tests/bench/queue 3000 100000
# 300 times kill -9 under load: some minutes.
kill-queue: all
	B=$(B) KILLS=300 tests/system/queue_kill
# Real mail senders of Debian, each in a root of its own, sent at tarrylab under
# a faster clock: writes docs/senders.md. A quarter of an hour; needs root, nsd,
# debootstrap, and the mirror that apt uses.
senders: all $(B)/tests/fast-clock.so
	B=$(abspath $(B)) tests/senders/run
$(B)/tests/fast-clock.so: tests/senders/clock.c tests/senders/clock_wait.c \
		tests/senders/clock.h
	@mkdir -p $(@D)
	$(Q:@=@echo '  CC   $@';) $(CC) $(CPPFLAGS) -std=c11 -g $(OPT) $(WARN) \
	    -fPIC -shared -o $@ $(filter %.c,$^)
# The greylist: in process, with 1 million records or STORE=10000000; and over
# the policy socket, beside postgrey (which needs the package, and root).
STORE ?= 1000000
bench-greylist: bench-store bench-policy
bench-store: $(B)/tests/bench-store
	$(B)/tests/bench-store $(STORE) 64 /var/tmp
bench-policy: all $(B)/tests/policy_load
	B=$(B) tests/bench/policy
$(B)/tests/policy_load: $(call obj,tests/bench/policy_load.c)
	@mkdir -p $(@D)
	$(LINK)

clean:
	rm -rf build build-*

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: all deps run demo tests check check-deps check-slow asan tsan fuzz lint install \
        bench bench-greylist bench-policy bench-queue bench-store kill-queue \
        senders clean
