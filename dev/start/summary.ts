import { publicHolidays } from "../../domain/availability/holidays.js";
import type { Installation } from "./installation.js";
import type { Seeded } from "./seeding.js";

const SERVICE = "herrenhaarschnitt";
const QUERY = '`BookingStatus`="ManualReview" AND `ExecutionStatus`="Running"';

/** The Web UI keeps saved views in the browser; a link that names one stores it on the first visit. */
export function reviewViewUrl(uiUrl: string, namespace: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows?query=${encodeURIComponent(QUERY)}&savedQuery=Manual%20review`;
}

/** A database URL that may be shown: everything but the password. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = "";
  return shown.href;
}

/** Says where everything is, and how to make the first booking. */
export function summary(installation: Installation, seeded: Seeded | null, dataDirectory: string): string {
  const { config, simulatorUrl } = installation;
  const api = `http://localhost:${config.port}`;
  const ui = config.temporalUiUrl;
  const rows: [string, string | null][] = [
    ["API", `${api}   docs ${api}/docs`],
    ["Temporal Web UI", ui],
    ["Manual review", ui === null ? null : reviewViewUrl(ui, config.temporal.namespace)],
    [
      "Temporal",
      `${installation.env.TEMPORAL_ADDRESS ?? "as configured"}, namespace ${config.temporal.namespace}`,
    ],
    [
      "Cal.com",
      simulatorUrl === null
        ? config.calcom.baseUrl
        : `${simulatorUrl}   (simulator: book, move and cancel there)`,
    ],
    ["Postgres", withoutPassword(installation.databaseUrl)],
    ["Metrics", `http://localhost:${installation.workerMetricsPort}/metrics (worker)`],
    ["Data, secrets, logs", dataDirectory],
    [
      "Admin token",
      installation.env.ADMIN_TOKEN === installation.secrets.adminToken
        ? installation.adminToken
        : "as configured",
    ],
    ["Token", seeded === null ? null : `${seeded.token}   (company ${seeded.companySlug})`],
    ["Retell key", seeded === null ? null : (config.retell.apiKeys[0] ?? null)],
    [
      "Call it",
      seeded === null ? null : "npm run call   (you type what the caller says; -- --all plays calls)",
    ],
  ];
  const table = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(20)} ${value}`]));
  const first = seeded === null ? [] : ["", "First booking:", "", firstBooking(api, seeded)];
  return ["", "askpro-gateway is running. Ctrl-C stops it.", "", ...table, ...first, ""].join("\n");
}

function firstBooking(api: string, { token }: Seeded): string {
  // More than a day ahead on any day, so that no notice stands in its way.
  const start = nextWednesdayAtTen(new Date(Date.now() + 26 * 3_600_000));
  const body = {
    service: SERVICE,
    branch: "zentrale",
    start,
    customer: { name: "Jörg O'Neill", email: "joerg@example.org" },
  };
  // The shell ends a quoted word at an apostrophe.
  const quoted = JSON.stringify(body).replaceAll("'", "\\u0027");
  return [
    `curl -sS ${api}/api/v2/bookings \\`,
    `  -H 'Authorization: Bearer ${token}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H 'Idempotency-Key: first-${start.replace(/\D/g, "").slice(0, 12)}' \\`,
    `  -d '${quoted}'`,
  ].join("\n");
}

/** In UTC: 11:00 or 12:00 in the salon, which is open at both, but not on a public holiday of Berlin. */
export function nextWednesdayAtTen(from: Date): string {
  const day = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate(), 10));
  day.setUTCDate(day.getUTCDate() + ((3 - day.getUTCDay() + 7) % 7));
  while (publicHolidays("DE-BE", day.getUTCFullYear()).has(day.toISOString().slice(0, 10))) {
    day.setUTCDate(day.getUTCDate() + 7);
  }
  return day.toISOString().replace(".000Z", "Z");
}
