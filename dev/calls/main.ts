import { parseArgs } from "node:util";
import type { Line, Play } from "./play.js";
import { ZENTRALE } from "./play.js";
import { perform } from "./player.js";
import { ELSEWHERE, PLAYS } from "./plays/all.js";
import { openRunningStage, running } from "./running-stage.js";
import { script } from "./script.js";
import type { Stage } from "./stage.js";
import { strangersNumber } from "./telephone.js";
import { converse } from "./terminal.js";

const USAGE = `npm run call                          you are the caller, and type what you say
npm run call -- NAME…                 plays these calls
npm run call -- --all                 plays all calls

  --from +49…|anonymous   your number (a new one each time)
  --to +49…               the number that you call (${ZENTRALE})
  --patient               waits five minutes where a play waits for a hold to run out
  --list                  the calls, and which of the 25 faults each of them meets
  --help

Needs npm start in another terminal. Calls go over HTTP with Retell's signature; in the end the calendar in the
Cal.com simulator, our rows and the workflows are compared with what was said. Exit code 1: they do not agree.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: "boolean", default: false },
      from: { type: "string" },
      to: { type: "string", default: ZENTRALE },
      patient: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(USAGE);
  if (values.list) return list();
  if (values.all || positionals.length > 0) {
    return await playAll(values.all ? PLAYS : positionals.map(named), values.patient);
  }
  await converse(running(), { from: values.from ?? strangersNumber(), to: values.to });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function named(name: string): Play {
  const play = PLAYS.find((one) => one.name === name);
  if (!play) throw new Error(`there is no call "${name}"; npm run call -- --list shows them`);
  return play;
}

function list(): void {
  for (const { name, title, faults } of PLAYS) {
    say(`${name.padEnd(28)} ${title}${faults ? `  [${faults.join(", ")}]` : ""}`);
  }
  say("\nFaults that no caller meets:");
  for (const [number, where] of Object.entries(ELSEWHERE)) say(`${number.padStart(4)}  ${where}`);
}

async function playAll(plays: readonly Play[], patient: boolean): Promise<void> {
  const { stage, untilCalm, close } = await openRunningStage({ patient });
  const results: string[] = [];
  let wrong = 0;
  try {
    for (const play of plays) {
      const why = cannotBePlayed(stage, play);
      if (why !== null) {
        results.push(`–  ${play.name}: ${why}`);
        continue;
      }
      await untilCalm();
      const { faults } = await perform(stage, play, script(say));
      if (faults.length > 0) wrong += 1;
      const result = [
        `${faults.length === 0 ? "✓" : "✗"}  ${play.name}: ${faults.length === 0 ? "stimmt" : "stimmt nicht"}`,
        ...faults.map((one) => `     ${one}`),
      ].join("\n");
      say(result);
      results.push(result);
    }
  } finally {
    await close();
  }
  say(`\n${results.join("\n")}\n\n${plays.length} Anrufe, davon ${wrong} mit Widerspruch`);
  if (wrong > 0) process.exitCode = 1;
}

function cannotBePlayed(stage: Stage, { lines }: Play): string | null {
  const does = (what: Line["does"]) => lines.some((line) => line.does === what);
  if (does("hold-ends") && stage.holdMs === null) return "übersprungen, wartet fünf Minuten (--patient)";
  if (does("kill-worker") && stage.killWorker === null) return "übersprungen, braucht Linux";
  return null;
}

await main().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exit(1);
  },
);
