import { manualClock, TEST_EPOCH } from "@spore/testkit"

/** Ten years after the first test record, so that none is early. */
export const clock = manualClock((TEST_EPOCH + 10 * 365 * 86_400) * 1000)
