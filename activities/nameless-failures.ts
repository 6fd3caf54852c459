import { ApplicationFailure, TemporalFailure } from "@temporalio/common";
import type { ActivityInboundCallsInterceptor } from "@temporalio/worker";

/**
 * What an activity throws is kept in the history and in the log, readable by every operator; the message of an
 * error that is not ours may quote what a caller said (Postgres quotes the value it could not take). Only what names
 * the error and its place goes on. Failures that we made ourselves, and cancellation, pass as they are.
 */
export const namelessFailures: ActivityInboundCallsInterceptor = {
  async execute(input, next) {
    try {
      return await next(input);
    } catch (error) {
      if (error instanceof TemporalFailure || isAbort(error)) throw error;
      throw nameless(error);
    }
  },
};

/** The SDK knows a cancelled activity by it. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function nameless(error: unknown): ApplicationFailure {
  const name = error instanceof Error ? error.name : "unknown";
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  const failure = ApplicationFailure.create({ message: `${name}${code}`, type: name, nonRetryable: false });
  // The message stands in front of the frames, and may have several lines.
  const frames =
    error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => FRAME.test(line)) : [];
  failure.stack = [`${name}${code}`, ...frames].join("\n");
  return failure;
}

const FRAME = /^\s+at \S.*:\d+:\d+\)?$/;
