/** The workflow type. */
export const CALLBACK_WORKFLOW = "callbackRequest";

/** What a callback's workflow is started with: ids; who is to be called stands in Postgres. */
export interface CallbackInput {
  companyId: string;
  callbackId: string;
  reminders: CallbackReminders;
  /** Continue as new after so many events; without it the server's suggestion does. */
  maxHistoryEvents?: number | null;
}

/** Milliseconds. The first reminder comes when the callback is due, the others at growing intervals. */
export interface CallbackReminders {
  /** From the first to the second; doubling from one to the next. */
  firstMs: number;
  longestMs: number;
}

export const CALLBACK_REMINDERS: CallbackReminders = { firstMs: 3_600_000, longestMs: 86_400_000 };

/** What continue-as-new takes along. */
export interface CallbackCarried {
  reminded: number;
  /** Milliseconds since epoch; `null`: none yet. */
  lastReminderAt: number | null;
}

/** How the relay starts it: workflow type and arguments, without the workflow's code. */
export type CallbackRequest = (input: CallbackInput, carried?: CallbackCarried) => Promise<CallbackResult>;

export interface CallbackResult {
  status: "open" | "completed" | "cancelled" | "gone";
  reminders: number;
}
