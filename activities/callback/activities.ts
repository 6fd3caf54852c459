import { type CallbackOutcome, type Finished, finishCallback } from "../../db/callback/finish.js";
import { type CallbackState, readCallbackState, remindOfCallback } from "../../db/callback/watch.js";
import type { Database } from "../../db/client.js";

export interface CallbackScope {
  companyId: string;
  callbackId: string;
}

/** What `callbackRequest` does, bound to what it works with. All of it is our own database's, and repeatable. */
export function createCallbackActivities({ db }: { db: Database }) {
  return {
    readCallback: (scope: CallbackScope): Promise<CallbackState | null> => readCallbackState(db, scope),
    remindOfCallback: (scope: CallbackScope & { reminder: number; reminderId: string }): Promise<boolean> =>
      remindOfCallback(db, scope),
    endCallback: (
      change: CallbackScope & { outcome: CallbackOutcome; by: string; note: string | null },
    ): Promise<Finished> => finishCallback(db, change),
  };
}

export type CallbackActivities = ReturnType<typeof createCallbackActivities>;
