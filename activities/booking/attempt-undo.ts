import { markSettled, type OperationRow, readOperations } from "../../db/booking/attempt.js";
import type { PhaseResult } from "../../db/booking/settlement.js";
import { commitUndone } from "../../db/booking/undo.js";
import { inTenant } from "../../db/client.js";
import type { AttemptReport, UndoRequest } from "../../domain/booking/attempt.js";
import { DEFAULT_CANCEL_REASON } from "./attempt-cancel.js";
import { cancelOnce } from "./cancel-once.js";
import { type AttemptContext, alive, openAttempt } from "./context.js";
import type { BookingDependencies } from "./dependencies.js";
import { lookUpCreated, newestOf } from "./look-up.js";
import { rescheduleOnce } from "./reschedule-once.js";
import { calcomError } from "./step.js";

type UndoStep =
  | { step: "done"; operationId: string; uid: string | null; moved: PhaseResult | null }
  | { step: "retry"; error: string; until: number | null; retryAfterMs: number | null }
  | { step: "blocked"; error: string };

/**
 * One attempt at taking back what a saga did, newest first. "Not found" is success; what may still be under
 * way is waited for. Only when nothing is left are the rows written and the chairs freed.
 */
export async function attemptUndo(deps: BookingDependencies, request: UndoRequest): Promise<AttemptReport> {
  return await alive(async () => {
    const context = await openAttempt(deps, request, { markSent: false, lane: "live" });
    const { attempt } = context;
    const undone = await inTenant(deps.db, request.companyId, (tx) =>
      readOperations(
        tx,
        request.pairs.map((pair) => pair.of.id),
      ),
    );
    const steps: UndoStep[] = [];
    for (const pair of request.pairs) {
      const by = attempt.operations.find((row) => row.id === pair.by.id);
      const of = undone.find((row) => row.id === pair.of.id);
      if (!by) continue;
      const step =
        by.kind === "cancel"
          ? await undoCreate(context, of, by)
          : await undoMove(context, of, by, pair.by.wantedStart);
      steps.push(step);
      if (step.step === "done") await markSettled(deps.db, request.companyId, by.id, "done", step.uid);
    }
    const operations = request.operations.map((operation) => {
      const step = steps.find(
        (candidate) => candidate.step === "done" && candidate.operationId === operation.id,
      );
      return step?.step === "done"
        ? { ...operation, uid: operation.uid ?? step.uid, resultUid: step.uid, state: "done" as const }
        : operation;
    });
    const rest = { operations, doubt: false, appointment: null };
    const blocked = steps.find((step) => step.step === "blocked");
    if (blocked) return { outcome: "blocked", error: blocked.error, reason: "compensation_failed", ...rest };
    const retry = steps.find((step) => step.step === "retry");
    if (retry) {
      return {
        outcome: "retry",
        error: retry.error,
        doubtUntil: retry.until,
        retryAfterMs: retry.retryAfterMs,
        ...rest,
      };
    }
    const appointment = await commitUndone(
      deps.db,
      request,
      request.after,
      steps.flatMap((step) => (step.step === "done" && step.moved ? [step.moved] : [])),
      request.operations.map((operation) => operation.id),
    );
    return { ...rest, outcome: "done", appointment };
  });
}

async function undoCreate(
  context: AttemptContext,
  of: Omit<OperationRow, "fresh"> | undefined,
  by: OperationRow,
): Promise<UndoStep> {
  let uid = by.uid ?? of?.resultUid ?? null;
  if (uid === null && of && of.state === "sent") {
    try {
      const own = await lookUpCreated(context, { ...of, fresh: false });
      if (own.found === "own") uid = own.booking.uid;
    } catch (thrown) {
      const { kind, retryAfterMs } = calcomError(thrown);
      return { step: "retry", error: kind, until: null, retryAfterMs };
    }
    const until = underWayUntil(context, of);
    if (uid === null && Date.now() < until)
      return { step: "retry", error: "outcome_unknown", until, retryAfterMs: null };
  }
  // Planned, refused, or looked for long enough: there is nothing to take back.
  if (uid === null) return { step: "done", operationId: by.id, uid: null, moved: null };
  const step = await cancelOnce(context, { ...by, uid }, DEFAULT_CANCEL_REASON);
  if (step.step === "done") return { step: "done", operationId: by.id, uid: step.uid, moved: null };
  if (step.step === "refused") return { step: "blocked", error: "rejected" };
  return { step: "retry", error: step.error, until: step.until, retryAfterMs: step.retryAfterMs };
}

async function undoMove(
  context: AttemptContext,
  of: Omit<OperationRow, "fresh"> | undefined,
  by: OperationRow,
  oldStart: string | null,
): Promise<UndoStep> {
  if (!of || oldStart === null) return { step: "done", operationId: by.id, uid: null, moved: null };
  let uid = by.uid ?? of.resultUid;
  if (uid === null && of.uid !== null && of.state === "sent") {
    try {
      const found = await newestOf(context, of.uid);
      if (
        found &&
        found.newest.uid !== of.uid &&
        found.newest.start.getTime() === of.wantedStart?.getTime()
      ) {
        uid = found.newest.uid;
      }
    } catch (thrown) {
      const { kind, retryAfterMs } = calcomError(thrown);
      return { step: "retry", error: kind, until: null, retryAfterMs };
    }
    const until = underWayUntil(context, of);
    if (uid === null && Date.now() < until)
      return { step: "retry", error: "outcome_unknown", until, retryAfterMs: null };
  }
  if (uid === null) return { step: "done", operationId: by.id, uid: null, moved: null };
  const step = await rescheduleOnce(context, { ...by, uid }, { compensates: true });
  switch (step.step) {
    case "done":
      return { step: "done", operationId: by.id, uid: step.result.uid, moved: step.result };
    case "refused":
      // Somebody took the old time meanwhile, or the booking is gone: a person has to decide.
      return { step: "blocked", error: step.problem };
    case "blocked":
      return { step: "blocked", error: step.error };
    case "retry":
      return { step: "retry", error: step.error, until: step.doubtUntil, retryAfterMs: step.retryAfterMs };
  }
}

function underWayUntil(context: AttemptContext, of: Omit<OperationRow, "fresh">): number {
  const { lookupWindowMs, writeTimeoutMs } = context.limits;
  return (of.lastSentAt?.getTime() ?? 0) + Math.max(lookupWindowMs, writeTimeoutMs);
}
