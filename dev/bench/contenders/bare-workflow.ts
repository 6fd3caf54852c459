import { condition, defineUpdate, proxyActivities, setHandler } from "@temporalio/workflow";
import type { BareActivities } from "./bare-activities.js";
import type { Wish } from "./settings.js";

const { makeBooking } = proxyActivities<BareActivities>({ startToCloseTimeout: "30s" });

export const bookUpdate = defineUpdate<string, [Wish]>("book");

/** The least that a durable booking can be: an update that waits for one activity, and the end. */
export async function bareBooking(): Promise<void> {
  let done = false;
  setHandler(bookUpdate, async (wish) => {
    const uid = await makeBooking(wish);
    done = true;
    return uid;
  });
  await condition(() => done);
}
