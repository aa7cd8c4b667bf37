/*
 * The commands of tarrylab: argv[0] is the command's name; each returns a
 * code of sysexits(3).
 */
#ifndef TARRY_LAB_COMMANDS_H
#define TARRY_LAB_COMMANDS_H

int lab_profiles(int argc, char **argv);
int lab_simulate(int argc, char **argv);
int lab_receive(int argc, char **argv);
int lab_verdict(int argc, char **argv);
int lab_replay(int argc, char **argv);
int lab_send(int argc, char **argv);

#endif
