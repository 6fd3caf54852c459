import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CalcomError } from "../../calcom/errors.js";
import { requestCallback } from "../../db/callback/request.js";
import { inTenant, inTenantUnsynced, type Transaction } from "../../db/client.js";
import { callBackIfPromiseBroken } from "../../db/voice/broken-promise.js";
import type { Call } from "../../db/voice/call.js";
import { claimToolUse, keepToolAnswer, type ToolUseRow, toolAnswer } from "../../db/voice/tool-calls.js";
import { withinHours } from "../../domain/availability/hours.js";
import type { ToolTopic } from "../../domain/speech/said.js";
import type { Branch } from "../../domain/tenant/catalogue.js";
import { orAfter } from "../../domain/time/patience.js";
import { storable } from "../../domain/voice/storable.js";
import { VOICE_TOOLS, type VoiceTool } from "../../domain/voice/tools.js";
import { refused, type ToolAnswer, toolAnswerSchema } from "./answer.js";
import { maskedArguments, readArguments } from "./arguments.js";
import { isRejected } from "./inbound.js";
import type { ToolContext, ToolInvocation, VoiceDeps } from "./invocation.js";
import { bookAppointment } from "./tools/book-appointment.js";
import { cancelAppointment } from "./tools/cancel-appointment.js";
import { findSlots } from "./tools/find-slots.js";
import { listMyAppointments } from "./tools/list-my-appointments.js";
import { listServices } from "./tools/list-services.js";
import { requestCallbackTool } from "./tools/request-callback.js";
import { rescheduleAppointment } from "./tools/reschedule-appointment.js";

interface Tool {
  run(context: ToolContext): Promise<ToolAnswer>;
  /** Milliseconds within which it answers, whatever Cal.com does. */
  deadlineMs: number;
  topic: ToolTopic;
}

const READ_MS = 1_500;
const WRITE_MS = 3_500;
/** For the way back, of a write longer: however many call at once, it is answered within its deadline. */
const RETURN_MS = { read: 80, write: 200 };
/** For what a tool still does after it has waited: holds, the answer, the ledger. */
const FINISH_MS = { read: 150, write: 80 };

const TOOLS: Readonly<Record<VoiceTool, Tool>> = {
  find_slots: { run: findSlots, deadlineMs: READ_MS, topic: "booking" },
  book_appointment: { run: bookAppointment, deadlineMs: WRITE_MS, topic: "booking" },
  list_my_appointments: { run: listMyAppointments, deadlineMs: READ_MS, topic: "appointments" },
  reschedule_appointment: { run: rescheduleAppointment, deadlineMs: WRITE_MS, topic: "reschedule" },
  cancel_appointment: { run: cancelAppointment, deadlineMs: WRITE_MS, topic: "cancel" },
  request_callback: { run: requestCallbackTool, deadlineMs: READ_MS, topic: "callback" },
  list_services: { run: listServices, deadlineMs: READ_MS, topic: "services" },
};

/** A model that has lost its way calls the same tool for ever (voice-agents 3.6). */
const USES_PER_CALL = 25;
/** The exit of every failure stays open a little longer than what failed. */
const CALLBACKS_BEYOND = 5;

/** The same tool was used with the same key for something else. */
export class ToolKeyReusedError extends Error {
  constructor() {
    super("the key names another use of a tool");
    this.name = "ToolKeyReusedError";
  }
}

/**
 * Runs a tool once per key, keeps what was answered, and always has something to say within the tool's deadline.
 *
 * @throws ToolKeyReusedError; everything else that goes wrong is said, never thrown
 */
export async function runTool(deps: VoiceDeps, invocation: ToolInvocation): Promise<ToolAnswer> {
  const name = toolOf(invocation.tool);
  const kind = name !== null && TOOLS[name].deadlineMs === WRITE_MS ? "write" : "read";
  const deadline = invocation.receivedAt + (kind === "write" ? WRITE_MS : READ_MS) - RETURN_MS[kind];
  const late: Late = { answer: null, said: null };
  const running = inLedger(deps, invocation, name, deadline, late).catch((error: unknown) => {
    if (error instanceof ToolKeyReusedError) throw error;
    return unexpected(deps, invocation, error);
  });
  return await orAfter(running, Math.max(0, deadline - Date.now()), () => {
    deps.log.warn({ companyId: invocation.origin.companyId, tool: name }, "a tool ran out of time");
    late.said = late.answer;
    return late.said ?? temporary(deps, false);
  });
}

/** What has been accepted is never apologised for as if it had come to nothing: the caller would ask elsewhere. */
interface Late {
  /** True from the moment it is noted. */
  answer: ToolAnswer | null;
  said: ToolAnswer | null;
}

/** Agents carry the version of a published flow in the name (salon-gateway 9.1). */
export function toolOf(name: string): VoiceTool | null {
  const plain = name.trim().replace(/_v\d+$/, "");
  return VOICE_TOOLS.find((tool) => tool === plain) ?? null;
}

async function inLedger(
  deps: VoiceDeps,
  invocation: ToolInvocation,
  name: VoiceTool | null,
  deadline: number,
  late: Late,
): Promise<ToolAnswer> {
  const { origin, receivedAt } = invocation;
  const { companyId } = origin;
  const argsHash = createHash("sha256")
    .update(`${invocation.tool}|${JSON.stringify(canonical(invocation.args))}`)
    .digest("hex");
  // Forgotten with a crash of the database it would be done again: offers anew, and what was booked is known by intent.
  const { call, row } = await inTenantUnsynced(deps.db, companyId, async (tx) =>
    claimToolUse(tx, origin, {
      key: invocation.key,
      tool: name ?? storable(invocation.tool.slice(0, 64)),
      args: maskedArguments(invocation.args),
      argsHash,
    }),
  );
  if (!row.fresh) {
    if (row.argsHash !== argsHash) throw new ToolKeyReusedError();
    const known = await firstAnswer(deps, companyId, row, deadline);
    if (known) return known;
  }
  const found = await answerOf(deps, invocation, name, call, deadline, late);
  const answer = late.said ?? found;
  const keeping = (tx: Transaction) =>
    keepToolAnswer(tx, row.id, { code: answer.code, answer, latencyMs: Date.now() - receivedAt });
  const { appointment_id: noted } = answer;
  const [kept] =
    answer.code === "PENDING" && noted !== undefined
      ? await inTenant(deps.db, companyId, async (tx) => {
          const rows = await keeping(tx);
          await callBackIfPromiseBroken(tx, companyId, noted);
          return rows;
        })
      : await inTenantUnsynced(deps.db, companyId, keeping);
  return toolAnswerSchema.parse(kept?.answer ?? answer);
}

/** A use that nobody has answered for so long was left alone by its process. */
const ABANDONED_MS = 6_000;
const LOOK_EVERY_MS = 60;

/** What the first use of this key was answered; `null`: whoever began it is gone, and it is to be done again. */
async function firstAnswer(
  deps: VoiceDeps,
  companyId: string,
  row: ToolUseRow,
  deadline: number,
): Promise<ToolAnswer | null> {
  let known = row.answer;
  while (known === null) {
    const now = Date.now();
    if (now - row.at.getTime() > ABANDONED_MS) return null;
    if (now >= deadline) return temporary(deps, false);
    await sleep(LOOK_EVERY_MS);
    known = await inTenant(deps.db, companyId, (tx) => toolAnswer(tx, row.id));
  }
  return toolAnswerSchema.parse(known);
}

async function answerOf(
  deps: VoiceDeps,
  invocation: ToolInvocation,
  name: VoiceTool | null,
  call: Call,
  deadline: number,
  late: Late,
): Promise<ToolAnswer> {
  const { say } = deps;
  if (name === null) return refused("UNKNOWN_TOOL", say.unknownTool(), "offer_callback");
  const most = USES_PER_CALL + (name === "request_callback" ? CALLBACKS_BEYOND : 0);
  if (call.toolCalls > most) return refused("TOO_MANY", say.tooMany({ cause: "call" }), "offer_callback");
  const { companyId, callerPhone } = invocation.origin;
  const catalogue = await deps.directory.catalogue(companyId);
  const branch =
    catalogue.branches.find((candidate) => candidate.id === call.branchId) ?? only(catalogue.branches);
  // Where the platform put the call through all the same.
  if (isRejected(branch, callerPhone)) return refused("TOO_MANY", say.tooMany({ cause: "rejected" }), "end");
  const tool = TOOLS[name];
  const off = branch ? switchedOff(branch, name) : null;
  if (off) {
    const next = name === "request_callback" ? "end" : "offer_callback";
    return refused("POLICY", say.toolOff({ tool: tool.topic, hours: off === "hours" }), next);
  }
  const context: ToolContext = {
    deps,
    companyId,
    catalogue,
    branch,
    call,
    callerPhone,
    args: readArguments(invocation.args),
    now: new Date(),
    deadline: deadline - FINISH_MS[tool.deadlineMs === WRITE_MS ? "write" : "read"],
    ifLate: (answer) => {
      late.answer = answer;
    },
  };
  try {
    return await tool.run(context);
  } catch (error) {
    if (!(error instanceof CalcomError)) return await unexpected(deps, invocation, error, call);
    deps.log.warn({ companyId, tool: name, error: error.kind }, "Cal.com could not be asked for a call");
    return temporary(deps, false);
  }
}

function only(branches: readonly Branch[]): Branch | null {
  return branches.length === 1 ? (branches[0] ?? null) : null;
}

/** Each branch says which tools are on, and at which hours (salon-gateway 8). */
function switchedOff(branch: Branch, tool: VoiceTool): "off" | "hours" | null {
  const rule = branch.voiceTools[tool];
  if (!rule) return null;
  if (!rule.enabled) return "off";
  if (rule.hours === null) return null;
  const now = new Date();
  return withinHours(rule.hours, branch.timeZone, now, new Date(now.getTime() + 1)) ? null : "hours";
}

function temporary(deps: VoiceDeps, callback: boolean, callbackId?: string): ToolAnswer {
  return refused(
    "TEMPORARY",
    deps.say.temporary({ callback }),
    callback ? "end" : "offer_callback",
    callbackId === undefined ? {} : { callback_id: callbackId },
  );
}

/** Something of ours failed: somebody calls back, without having been asked to (salon-gateway 9.4). */
async function unexpected(
  deps: VoiceDeps,
  invocation: ToolInvocation,
  error: unknown,
  call?: Call,
): Promise<ToolAnswer> {
  const { companyId, callerPhone } = invocation.origin;
  deps.log.error(
    { companyId, tool: toolOf(invocation.tool), error: error instanceof Error ? error.name : "unknown" },
    "a voice tool failed",
  );
  if (!call || callerPhone === null) return temporary(deps, false);
  try {
    const made = await requestCallback(deps.db, {
      companyId,
      callId: call.id,
      priority: "high",
      reason: "technical_failure",
      topic: "Technischer Fehler während des Anrufs",
      phone: callerPhone,
      occasion: `call:${call.id}:technical_failure`,
    });
    return temporary(deps, true, made.id);
  } catch {
    return temporary(deps, false);
  }
}

/** Compared by value: the order of fields says nothing. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}
