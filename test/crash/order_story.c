#include "story_parts.h"
const struct tale order_tale = {.name = "order"};
