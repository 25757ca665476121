#include "story_parts.h"
const struct tale retention_tale = {.name = "retention"};
