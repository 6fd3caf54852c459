import { randomInt, randomUUID } from "node:crypto";
import { z } from "zod";
import { type ToolAnswer, toolAnswerSchema } from "../../api/voice/answer.js";
import { signRetell } from "../../api/voice/retell/signature.js";

export interface Line {
  apiUrl: string;
  retellKey: string;
}

export interface Caller {
  /** E.164, or what Retell writes for a withheld number. */
  from: string;
  to: string;
}

/** One use of a tool as it went over the line. */
export interface Used {
  tool: string;
  args: Record<string, unknown>;
  answer: ToolAnswer;
  ms: number;
}

/** A German mobile number that nobody else in this installation is likely to have. */
export function strangersNumber(): string {
  return `+49151${String(randomInt(10_000_000, 100_000_000))}`;
}

const inboundSchema = z.object({
  call_inbound: z.object({ dynamic_variables: z.record(z.string(), z.string()).optional() }),
});

/**
 * A call as Retell passes it on: signed bytes, and the whole conversation so far in every body (voice-agents 1.3).
 */
export class Call {
  readonly id = `call_${randomUUID().replaceAll("-", "")}`;
  readonly used: Used[] = [];
  readonly #turns: Record<string, unknown>[] = [];
  readonly #said: { role: "agent" | "user"; content: string }[] = [];
  readonly #began = Date.now();
  #last: { body: string; tool: string; args: Record<string, unknown> } | null = null;

  constructor(
    private readonly line: Line,
    readonly caller: Caller,
  ) {}

  /** The call begins. @returns its dynamic variables, none when nobody knows the number */
  async ring(): Promise<Record<string, string>> {
    const variables = await this.inbound();
    if (variables.greeting !== undefined) this.agentSays(variables.greeting);
    await this.event("call_started");
    return variables;
  }

  /** What the platform asks while the caller hears the phone ring. */
  async inbound(): Promise<Record<string, string>> {
    const response = await this.#send("/api/webhooks/retell/inbound", {
      event: "call_inbound",
      call_inbound: {
        call_id: this.id,
        from_number: this.caller.from,
        to_number: this.caller.to,
      },
    });
    const { call_inbound: answer } = inboundSchema.parse(await response.json());
    return answer.dynamic_variables ?? {};
  }

  callerSays(content: string): void {
    this.#said.push({ role: "user", content });
    this.#turns.push({ role: "user", content });
  }

  agentSays(content: string): void {
    this.#said.push({ role: "agent", content });
    this.#turns.push({ role: "agent", content });
  }

  /** @throws Error when the answer is none that could be spoken */
  async use(tool: string, args: Record<string, unknown>): Promise<Used> {
    const toolCallId = `tool_call_${randomUUID().slice(0, 8)}`;
    this.#turns.push({
      role: "tool_call_invocation",
      tool_call_id: toolCallId,
      name: tool,
      arguments: JSON.stringify(args),
    });
    const body = JSON.stringify({ name: tool, args, call: this.#call() });
    this.#last = { body, tool, args };
    const used = await this.#function(body, tool, args);
    this.#turns.push({
      role: "tool_call_result",
      tool_call_id: toolCallId,
      content: JSON.stringify(used.answer),
    });
    this.agentSays(used.answer.say);
    this.used.push(used);
    return used;
  }

  /** The same bytes once more, as the platform sends them when the first answer did not reach it. */
  async repeat(): Promise<Used> {
    if (!this.#last) throw new Error("there is nothing to repeat");
    return await this.#function(this.#last.body, this.#last.tool, this.#last.args);
  }

  async event(event: string, extra: Record<string, unknown> = {}): Promise<void> {
    const response = await this.#send("/api/webhooks/retell", { event, call: { ...this.#call(), ...extra } });
    if (response.status !== 204) throw new Error(`${event}: ${response.status} ${await response.text()}`);
  }

  /** The caller hangs up, and the platform analyses what was said. */
  async hangUp(): Promise<void> {
    const ended = {
      call_status: "ended",
      disconnection_reason: "user_hangup",
      end_timestamp: Date.now(),
      duration_ms: Date.now() - this.#began,
    };
    await this.event("call_ended", ended);
    await this.event("call_analyzed", {
      ...ended,
      call_analysis: { call_summary: "", custom_analysis_data: {} },
    });
  }

  #call() {
    return {
      call_type: "phone_call",
      call_id: this.id,
      call_status: "ongoing",
      direction: "inbound",
      from_number: this.caller.from,
      to_number: this.caller.to,
      start_timestamp: this.#began,
      transcript: this.#said
        .map(({ role, content }) => `${role === "agent" ? "Agent" : "User"}: ${content}`)
        .join("\n"),
      transcript_object: this.#said,
      transcript_with_tool_calls: this.#turns,
    };
  }

  async #function(body: string, tool: string, args: Record<string, unknown>): Promise<Used> {
    const began = performance.now();
    const response = await this.#send("/api/webhooks/retell/function", body);
    const text = await response.text();
    const ms = Math.round(performance.now() - began);
    if (response.status !== 200) throw new Error(`${tool}: ${response.status} ${text}`);
    return { tool, args, answer: toolAnswerSchema.parse(JSON.parse(text)), ms };
  }

  #send(path: string, body: unknown): Promise<Response> {
    const raw = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(`${this.line.apiUrl}${path}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-Retell-Signature": signRetell(raw, this.line.retellKey, Date.now()),
      },
      body: raw,
      signal: AbortSignal.timeout(30_000),
    });
  }
}
