import type { BookingResult } from "./booking.js";
import type { VoiceResult } from "./voice.js";
import type { WebhookResult } from "./webhook.js";

type Row = readonly (string | number)[];

function table(head: Row, rows: readonly Row[]): string {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const ms = (value: number) => value.toFixed(1);
const one = (value: number) => value.toFixed(1);
const two = (value: number) => value.toFixed(2);

const WHO: Record<string, string> = {
  ours: "ours",
  floor: "floor (no durability)",
  bare: "bare workflow",
  echo: "ours, with echo",
  alone: "ours, Temporal held",
};
const who = (contender: string) => WHO[contender] ?? contender;
const failed = (failures: Record<string, number>) =>
  Object.entries(failures)
    .map(([what, times]) => `${times} × ${what}`)
    .join(", ");

export function bookingTables(result: BookingResult): string {
  const { series, history, database } = result;
  const speed = table(
    ["booking", "callers", "n", "p50 ms", "p95 ms", "p99 ms", "per s", "ours/this p50", "p95", "failed"],
    series.map((row) => [
      who(row.contender),
      row.callers,
      row.requests,
      ms(row.p50),
      ms(row.p95),
      ms(row.p99),
      one(row.perSecond),
      two(row.oursToThis.p50),
      two(row.oursToThis.p95),
      failed(row.failures),
    ]),
  );
  const names = Object.keys(series[0]?.cpuSecondsPer1000 ?? {});
  const cpu = table(
    ["CPU s per 1,000", "callers", ...names, "all"],
    series.map((row) => [
      who(row.contender),
      row.callers,
      ...names.map((name) => one(row.cpuSecondsPer1000[name] ?? 0)),
      one(names.reduce((sum, name) => sum + (row.cpuSecondsPer1000[name] ?? 0), 0)),
    ]),
  );
  const facts = table(
    [
      "per booking",
      "history events",
      "bytes",
      "workflow tasks",
      "activities",
      "db round trips",
      "db commands",
    ],
    (["ours", "floor", "bare", "echo"] as const).map((contender) => {
      const inTemporal = history[contender];
      const inDatabase = database[contender];
      return [
        who(contender),
        inTemporal?.events ?? "-",
        inTemporal?.bytes ?? "-",
        inTemporal?.workflowTasks ?? "-",
        inTemporal?.activities ?? "-",
        inDatabase ? one(inDatabase.roundTrips) : "-",
        inDatabase
          ? Object.entries(inDatabase.commands)
              .filter(([, times]) => times >= 0.05)
              .sort(([, a], [, b]) => b - a)
              .map(([name, times]) => `${one(times)} ${name}`)
              .join(", ")
          : "-",
      ];
    }),
  );
  return [speed, cpu, facts].join("\n\n");
}

export function webhookTables({ ingress, applied }: WebhookResult): string {
  const names = Object.keys(ingress[0]?.cpuSecondsPer1000 ?? {});
  const speed = table(
    ["webhook ingress", "callers", "n", "p50 ms", "p95 ms", "p99 ms", "per s", "of floor", "failed"],
    ingress.map((row) => [
      who(row.contender),
      row.callers,
      row.requests,
      ms(row.p50),
      ms(row.p95),
      ms(row.p99),
      one(row.perSecond),
      two(row.ofFloor),
      failed(row.failures),
    ]),
  );
  const cpu = table(
    ["CPU s per 1,000", ...names],
    ingress.map((row) => [who(row.contender), ...names.map((name) => two(row.cpuSecondsPer1000[name] ?? 0))]),
  );
  const until = table(
    ["webhook applied", "per s", "n", "not applied", "p50 ms", "p95 ms", "p99 ms"],
    [
      [
        "POST until applied",
        applied.perSecond,
        applied.events,
        applied.notApplied,
        ms(applied.p50),
        ms(applied.p95),
        ms(applied.p99),
      ],
    ],
  );
  return [speed, cpu, until].join("\n\n");
}

export function voiceTables({
  series,
  crowd,
  errors,
  noted,
  doubleBookings,
  slotsMs,
  bookingMs,
}: VoiceResult): string {
  const speed = table(
    ["voice", "callers", "n", "p50 ms", "p95 ms", "max ms", "aim p95", ""],
    series.map((row) => [
      row.what,
      row.callers,
      row.requests,
      ms(row.p50),
      ms(row.p95),
      ms(row.max),
      row.aimMs ?? "-",
      row.aimMs === null ? "" : row.p95 <= row.aimMs ? "met" : "missed",
    ]),
  );
  return [
    `Cal.com: slots in ${slotsMs} ms, bookings in ${bookingMs} ms`,
    speed,
    `all at once: ${failed(crowd)}`,
    `noted for later: ${noted}, double bookings: ${doubleBookings}, errors: ${failed(errors) || "none"}`,
  ].join("\n\n");
}
