import { createHash } from "node:crypto";
import { z } from "zod";
import { normalisePhone } from "../../../domain/customer/phone.js";
import { storable } from "../../../domain/voice/storable.js";

// What Retell sends grows with each of its releases: what we do not know is ignored, what is odd counts as absent.
const word = z.string().max(500).transform(storable).nullish().catch(null);

const callSchema = z
  .looseObject({
    call_id: word,
    agent_id: word,
    from_number: word,
    to_number: word,
    direction: word,
    end_timestamp: z.number().nullish().catch(null),
    duration_ms: z.number().nullish().catch(null),
    disconnection_reason: word,
    transcript: z.string().nullish().catch(null),
    transcript_object: z
      .array(
        z
          .looseObject({ role: word, content: z.string().nullish().catch(null) })
          .catch({ role: null, content: null }),
      )
      .nullish()
      .catch(null),
    transcript_with_tool_calls: z
      .array(z.looseObject({ role: word, tool_call_id: word, name: word }).catch({ role: null }))
      .nullish()
      .catch(null),
    call_analysis: z
      .looseObject({
        call_summary: z.string().nullish().catch(null),
        custom_analysis_data: z.record(z.string(), z.unknown()).nullish().catch(null),
      })
      .nullish()
      .catch(null),
  })
  .catch({});

export type RetellCall = z.output<typeof callSchema>;

const functionSchema = z.looseObject({
  name: word,
  args: z.unknown().optional(),
  call: callSchema.nullish(),
  // As older agents write it (salon-gateway 9.1).
  function_name: word,
  parameters: z.unknown().optional(),
});

const inboundSchema = z.looseObject({ call_inbound: callSchema.nullish() });
const eventSchema = z.looseObject({ event: word, call: callSchema.nullish() });

export interface RetellFunction {
  name: string;
  args: unknown;
  call: RetellCall;
}

/** `null`: no JSON object. */
export function parseFunction(json: unknown): RetellFunction | null {
  const parsed = functionSchema.safeParse(json);
  if (!parsed.success) return null;
  const body = parsed.data;
  return {
    name: body.name ?? body.function_name ?? "",
    args: body.args ?? body.parameters ?? {},
    call: body.call ?? {},
  };
}

export function parseInbound(json: unknown): RetellCall | null {
  const parsed = inboundSchema.safeParse(json);
  return parsed.success ? (parsed.data.call_inbound ?? {}) : null;
}

export function parseEvent(json: unknown): { event: string; call: RetellCall } | null {
  const parsed = eventSchema.safeParse(json);
  return parsed.success ? { event: parsed.data.event ?? "", call: parsed.data.call ?? {} } : null;
}

/** Who calls and who was called, of a call in either direction; `null` for a withheld or impossible number. */
export function numbersOf(call: RetellCall): { caller: string | null; called: string | null } {
  const from = phone(call.from_number);
  const to = phone(call.to_number);
  return call.direction === "outbound" ? { caller: to, called: from } : { caller: from, called: to };
}

function phone(number: string | null | undefined): string | null {
  return typeof number === "string" && number !== "" ? normalisePhone(number) : null;
}

/**
 * Names this use of the tool: the invocation that has no result yet. It is the same for each repetition of the
 * request, and another one when the model asks again. Where it is missing the bytes of the body name it.
 */
export function toolKey(body: RetellFunction, raw: Uint8Array): string {
  const turns = body.call.transcript_with_tool_calls ?? [];
  const answered = new Set(
    turns.flatMap((turn) => (turn.role === "tool_call_result" ? (turn.tool_call_id ?? []) : [])),
  );
  const open = turns.flatMap((turn) =>
    turn.role === "tool_call_invocation" &&
    turn.name === body.name &&
    typeof turn.tool_call_id === "string" &&
    turn.tool_call_id !== "" &&
    !answered.has(turn.tool_call_id)
      ? turn.tool_call_id
      : [],
  );
  const last = open.at(-1);
  if (last === undefined) return `body:${createHash("sha256").update(raw).digest("hex")}`;
  if (new Set(open).size === 1) return `tool:${last}`;
  // Asked for twice in one turn: which of the two this is, the transcript does not tell, and the arguments do.
  return `tool:${last}:${createHash("sha256").update(JSON.stringify(body.args)).digest("hex")}`;
}

/** What the agent said, sentence by sentence as far as the transcript tells. */
export function agentTurns(call: RetellCall): string[] {
  const turns = call.transcript_object;
  if (turns && turns.length > 0) {
    return turns.flatMap((turn) => (turn.role === "agent" && turn.content ? [turn.content] : []));
  }
  return (call.transcript ?? "")
    .split("\n")
    .flatMap((line) => (/^agent:/i.test(line.trim()) ? [line.trim().replace(/^agent:\s*/i, "")] : []));
}
