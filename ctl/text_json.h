/* Strangers' texts in JSON. */
#ifndef TARRY_CTL_TEXT_JSON_H
#define TARRY_CTL_TEXT_JSON_H

#include <jansson.h>

/* What is no UTF-8 has '?' for its octets. */
json_t *text_json(const char *text);

#endif
