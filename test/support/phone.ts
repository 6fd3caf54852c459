import { randomUUID } from "node:crypto";
import type { ToolAnswer } from "../../api/voice/answer.js";
import { toolAnswerSchema } from "../../api/voice/answer.js";
import { signRetell } from "../../api/voice/retell/signature.js";
import type { Salon } from "./salon.js";

export const RETELL_KEY = "key_of_the_salon_at_retell";
export const SALON_NUMBER = "+493033081738";

let nextNumber = 100;

/** A German mobile number that no other caller of this run has. */
export function newNumber(): string {
  nextNumber += 1;
  return `+4915112345${String(nextNumber).padStart(3, "0")}`;
}

/** A call through Retell, as it really comes: signed bytes, the whole conversation in each body. */
export interface PhoneCall {
  id: string;
  from: string;
  use(tool: string, args?: unknown, options?: { toolCallId?: string }): Promise<ToolAnswer>;
  event(event: string, extra?: Record<string, unknown>): Promise<number>;
  inbound(): Promise<Record<string, unknown>>;
}

export interface CallOptions {
  from?: string;
  to?: string;
  id?: string;
  key?: string;
}

export function phoneCall(salon: Pick<Salon, "url">, options: CallOptions = {}): PhoneCall {
  const id = options.id ?? `call_${randomUUID().replaceAll("-", "")}`;
  const from = options.from ?? newNumber();
  const to = options.to ?? SALON_NUMBER;
  const turns: Record<string, unknown>[] = [];
  const call = () => ({
    call_type: "phone_call",
    call_id: id,
    agent_id: "agent_salon",
    call_status: "ongoing",
    direction: "inbound",
    from_number: from,
    to_number: to,
    transcript: "Agent: Guten Tag.\nUser: Ich hätte gern einen Termin.",
    transcript_with_tool_calls: turns,
  });
  const send = (path: string, body: unknown) =>
    sendSigned(`${salon.url}${path}`, body, options.key ?? RETELL_KEY);
  return {
    id,
    from,
    async use(tool, args = {}, { toolCallId = `tool_${randomUUID()}` } = {}) {
      turns.push({
        role: "tool_call_invocation",
        tool_call_id: toolCallId,
        name: tool,
        arguments: JSON.stringify(args),
      });
      const response = await send("/api/webhooks/retell/function", { name: tool, args, call: call() });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${response.status} ${text}`);
      turns.push({ role: "tool_call_result", tool_call_id: toolCallId, content: text });
      return toolAnswerSchema.parse(JSON.parse(text));
    },
    async event(event, extra = {}) {
      const response = await send("/api/webhooks/retell", { event, call: { ...call(), ...extra } });
      return response.status;
    },
    async inbound() {
      const response = await send("/api/webhooks/retell/inbound", {
        event: "call_inbound",
        call_inbound: { call_id: id, agent_id: "agent_salon", from_number: from, to_number: to },
      });
      const body: unknown = await response.json();
      return body as Record<string, unknown>;
    },
  };
}

export async function sendSigned(
  url: string,
  body: unknown,
  key: string,
  at = Date.now(),
): Promise<Response> {
  const raw = typeof body === "string" ? body : JSON.stringify(body);
  return await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Retell-Signature": signRetell(raw, key, at) },
    body: raw,
  });
}
