# Tarry. Two commands: "make run" and "make check". See README.md.
.PHONY: all run demo deps check unit asan clean install lint fuzz bench help
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
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

LIB = \
	lib/address.c \
	lib/chan.c \
	lib/child.c \
	lib/conf.c \
	lib/log.c \
	lib/msg.c \
	lib/netaddr.c \
	lib/program.c \
	lib/sandbox.c \
	lib/stats.c

