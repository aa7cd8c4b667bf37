#ifndef TARRY_VERSION_H
#define TARRY_VERSION_H

#define TARRY_VERSION "0.1"

#endif
