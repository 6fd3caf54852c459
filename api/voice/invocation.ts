import type { Availability } from "../../activities/availability/availability.js";
import type { Call, CallOrigin } from "../../db/voice/call.js";
import type { Say } from "../../domain/speech/said.js";
import type { Branch, Catalogue } from "../../domain/tenant/catalogue.js";
import type { OfferedDeps } from "../booking/offered.js";
import type { Log } from "../log.js";
import type { ToolAnswer } from "./answer.js";
import type { ToolArguments } from "./arguments.js";

/** One use of a tool, whatever platform it came from: adapters only verify, read and write (voice-agents 2.4). */
export interface ToolInvocation {
  /** Signed, or behind a token; never from the arguments. */
  origin: CallOrigin;
  /** The same key in one call is the same use. */
  key: string;
  /** As it was asked for; it may be none of ours. */
  tool: string;
  args: unknown;
  /** Milliseconds since the epoch: the deadline is counted from here. */
  receivedAt: number;
}

export interface VoiceDeps extends OfferedDeps {
  availability: Availability;
  say: Say;
  holds: HoldTimes;
  log: Log;
}

/** Milliseconds that a chair is kept. */
export interface HoldTimes {
  /** `HOLD_SECONDS`: the wished time. */
  wishMs: number;
  /** Alternatives: short, so that one undecided caller does not empty the day (salon-gateway 11.88). */
  alternativeMs: number;
}

/** What a tool works with: the tenant, the call, and how long there is. */
export interface ToolContext {
  deps: VoiceDeps;
  companyId: string;
  catalogue: Catalogue;
  /** The branch that was called; `null`: only the company is known. */
  branch: Branch | null;
  call: Call;
  /** E.164, from the platform; `null`: withheld. */
  callerPhone: string | null;
  args: ToolArguments;
  now: Date;
  /** Milliseconds since the epoch until which a tool may wait for others. */
  deadline: number;
  /** What is said from now on when the time runs out before the tool has an answer; `null`: an apology. */
  ifLate(answer: ToolAnswer | null): void;
}
