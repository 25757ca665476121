#include "story_parts.h"
const struct tale witness_tale = {.name = "witness"};
