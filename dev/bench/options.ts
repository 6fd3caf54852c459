import { parseArgs } from "node:util";

export const SCENARIOS = ["booking", "webhook", "voice"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** `echo` is ours with Cal.com's webhook about each booking, which comes back and is recognised. */
export const CONTENDERS = ["ours", "floor", "bare", "echo"] as const;
export type Contender = (typeof CONTENDERS)[number];

/** What is measured, and for how long. */
export interface BenchOptions {
  readonly scenarios: readonly Scenario[];
  /** Who takes part in `booking`; ours always does. */
  readonly contenders: readonly Contender[];
  /** Whether round trips to the database are counted: in a run of its own, before anything is timed. */
  readonly roundTrips: boolean;
  /** Callers at once, one series each; a caller sends its next request when it has its answer. */
  readonly callers: readonly number[];
  /** Of one round of one contender. */
  readonly seconds: number;
  /** How often the contenders take turns. */
  readonly rounds: number;
  /** File that takes the result as JSON. */
  readonly json: string | null;
  /** Directory that takes CPU profiles of all Node processes. */
  readonly profile: string | null;
}

export const USAGE = `npm run bench -- [booking] [webhook] [voice] [options]

  --contenders LIST   of ours,floor,bare,echo (booking only)
  --no-round-trips    does not count round trips to the database
  --callers 1,10,50   callers at once, one series each
  --seconds 4         length of a round of one contender
  --rounds 3          how often the contenders take turns
  --json FILE         the result as JSON
  --profile DIR       CPU profiles of API, worker and contenders

Everything it needs it starts itself, with data of its own that is removed afterwards. TEMPORAL_ADDRESS (and
TEMPORAL_NAMESPACE) name another Temporal, which is then used as it is.`;

/** @throws Error whose message is for the person at the shell */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      contenders: { type: "string", default: CONTENDERS.join(",") },
      "no-round-trips": { type: "boolean", default: false },
      callers: { type: "string", default: "1,10,50" },
      seconds: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
      json: { type: "string" },
      profile: { type: "string" },
    },
  });
  const scenarios = positionals.map((name) => {
    const known = SCENARIOS.find((scenario) => scenario === name);
    if (known === undefined) throw new Error(`there is no scenario "${name}"; ${SCENARIOS.join(", ")}`);
    return known;
  });
  const wanted = values.contenders.split(",").map((part) => {
    const known = CONTENDERS.find((contender) => contender === part.trim());
    if (known === undefined) throw new Error(`--contenders: "${part}" is none of ${CONTENDERS.join(", ")}`);
    return known;
  });
  return {
    contenders: CONTENDERS.filter((contender) => contender === "ours" || wanted.includes(contender)),
    roundTrips: !values["no-round-trips"],
    scenarios: scenarios.length === 0 ? SCENARIOS : scenarios,
    callers: values.callers.split(",").map((part) => positive("--callers", part, true)),
    seconds: positive("--seconds", values.seconds, false),
    rounds: positive("--rounds", values.rounds, true),
    json: values.json ?? null,
    profile: values.profile ?? null,
  };
}

function positive(name: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
    throw new Error(`${name}: "${text}" is no ${whole ? "whole " : ""}number above 0`);
  }
  return value;
}
