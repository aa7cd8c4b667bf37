# Tarry. Two commands: "make run" and "make check". See README.md.
.DEFAULT_GOAL = all
.DELETE_ON_ERROR:
.SUFFIXES:

B       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
PKGS     = libevent_core libconfuse libseccomp
SAN     ?=
OPT     ?= -O2

WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
       -Wmissing-prototypes -Wconversion -Wno-sign-conversion -Wvla \
       -Wpointer-arith -Wwrite-strings -Wformat=2
HARD = -fstack-protector-strong -fPIE -fcf-protection \
       $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CPPFLAGS = -I. -D_GNU_SOURCE -DLIBEXEC='"$(PREFIX)/libexec/tarry"' \
           -DSYSCONF='"/etc/tarry"'
CFLAGS   = -std=c11 -g $(OPT) $(WARN) $(HARD) $(SAN)
LDFLAGS  = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SAN)

# Every object depends on the headers it includes, and on this file.
$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

LIB = \
	lib/address.c \
	lib/chan.c \
	lib/child.c \
	lib/conf.c \
	lib/conf_check.c \
	lib/conf_mistake.c \
	lib/conf_names.c \
	lib/conf_read.c \
	lib/conf_socket.c \
	lib/conf_text.c \
	lib/conf_value.c \
	lib/log.c \
	lib/msg.c \
	lib/netaddr.c \
	lib/program.c \
	lib/sandbox.c \
	lib/sandbox_landlock.c \
	lib/sandbox_seccomp.c \
	lib/stats.c

# The session without its shell: also for the tests, and the laboratory.
SESSION = \
	smtpd/body.c \
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
	smtpd/house.c \
	smtpd/io.c \
	smtpd/main.c \
	smtpd/record.c \
	smtpd/server.c \
	smtpd/tls.c

RESOLVER = \
	resolver/answer.c \
	resolver/dns.c \
	resolver/fcrdns.c \
	resolver/main.c \
	resolver/name_cache.c \
	resolver/names.c \
	resolver/server.c

DELIVER = \
	queue/accounts.c \
	queue/alias_loops.c \
	queue/aliases.c \
	queue/deliver.c \
	queue/deliver_main.c \
	queue/delivery.c \
	queue/envelope.c \
	queue/flusher.c \
	queue/identity.c \
	queue/mailboxes.c \
	queue/maildir.c \
	queue/maildirs.c \
	queue/names.c \
	queue/reach.c \
	queue/recipients.c \
	queue/transactions.c

TARRYD = \
	tarryd/backoff.c \
	tarryd/check.c \
	tarryd/control.c \
	tarryd/daemon.c \
	tarryd/listeners.c \
	tarryd/main.c \
	tarryd/notify.c \
	tarryd/reload.c \
	tarryd/report.c \
	tarryd/run.c \
	tarryd/settings.c \
	tarryd/snapshot.c \
	tarryd/spawn.c \
	tarryd/start.c \
	tarryd/status.c \
	tarryd/workers.c

TARRYCTL = \
	ctl/ask.c \
	ctl/main.c

PROGRAMS = tarryd smtpd resolver deliver tarryctl

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIBS = -levent_core -lconfuse -lseccomp

all: $(PROGRAMS:%=$(B)/%)

$(B)/tarryd: $(call obj,$(TARRYD) $(LIB))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -ljansson
$(B)/smtpd: $(call obj,$(SMTPD) $(SESSION) $(LIB))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lssl -lcrypto
$(B)/resolver: $(call obj,$(RESOLVER) $(LIB))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcares -lresolv
$(B)/deliver: $(call obj,$(DELIVER) $(LIB))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -pthread
$(B)/tarryctl: $(call obj,$(TARRYCTL) $(LIB))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -ljansson

clean:
	rm -rf $(B)

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: all clean
