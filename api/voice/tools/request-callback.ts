import { requestCallback } from "../../../db/callback/request.js";
import { callbackPriority } from "../../../domain/callback/priority.js";
import { personName } from "../../../domain/voice/person-name.js";
import { dictatesNumber, spokenPhoneNumber } from "../../../domain/voice/spoken-phone-number.js";
import { done, refused, type ToolAnswer } from "../answer.js";
import type { ToolContext } from "../invocation.js";

/** `request_callback`: the exit of every failure, durable before it is promised. */
export async function requestCallbackTool(context: ToolContext): Promise<ToolAnswer> {
  const { deps, args, companyId, call, catalogue } = context;
  const { say } = deps;
  const said = args.customerPhone === null ? null : spokenPhoneNumber(args.customerPhone);
  const phone = said ?? context.callerPhone;
  if (phone === null) {
    return refused("NEEDS_PHONE", say.needsPhone({ heard: args.customerPhone !== null }), "ask_phone");
  }
  // Nothing is asked here once more: whoever hangs up now is called back all the same, and who calls knows.
  const unclear = said === null && dictatesNumber(args.customerPhone) ? args.customerPhone : null;
  const named = personName(args.customerName, catalogue);
  const asked = await requestCallback(deps.db, {
    companyId,
    callId: call.id,
    branchId: context.branch?.id ?? null,
    priority: callbackPriority(args.topic),
    reason: "asked",
    topic: args.topic ?? "Rückruf gewünscht",
    name: named.kind === "name" ? named.name : null,
    phone,
    bestTime: args.bestTime,
    note: unclear === null ? null : `Genannte Nummer, nicht verstanden: ${unclear}`,
  });
  // A number that was said is read back, and whoever hears a wrong one says so: asked for again it is put right.
  const next = said === null ? "end" : "confirm";
  return done("CALLBACK", say.callback({ withinMinutes: asked.withinMs / 60_000, phone: said }), next, {
    callback_id: asked.id,
  });
}
