import { createServer } from "node:http";
import { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.js";

/** One webhook as a subscriber received it. */
export interface Received {
  readonly at: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly body: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
}

export interface Hook {
  readonly url: string;
  readonly received: Received[];
  /** Status with which the subscriber answers. */
  status: number;
  /** Runs before the subscriber answers. */
  before: (received: Received) => Promise<void>;
  triggers(): string[];
  close(): Promise<void>;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** A subscriber on a free port. */
export async function startHook(): Promise<Hook> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const bytes = Buffer.concat(chunks);
    const body = asObject(JSON.parse(bytes.toString("utf8")));
    const one = { at: Date.now(), headers: request.headers, bytes, body, payload: asObject(body.payload) };
    received.push(one);
    await hook.before(one);
    response.writeHead(hook.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const hook: Hook = {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`,
    received,
    status: 200,
    before: async () => {},
    triggers: () => received.map((one) => String(one.body.triggerEvent)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hook;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly data: Record<string, unknown>;
  readonly message: string;
}

/** An API call with the versions that the reference recommends; `headers` win, an empty value leaves one out. */
export async function call(
  sim: Simulator,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const version = path.startsWith("/v2/slots")
    ? "2024-09-04"
    : path.startsWith("/v2/event-types")
      ? "2024-06-14"
      : "2024-08-13";
  const all: Record<string, string> = {
    authorization: "Bearer cal_owner",
    "cal-api-version": version,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
  const answer = await fetch(sim.url + path, {
    method,
    headers: given,
    signal: AbortSignal.timeout(20_000),
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = {};
  }
  const object = asObject(parsed);
  const error = asObject(object.error);
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: object,
    data: asObject(object.data),
    message: String(error.message ?? object.message ?? ""),
  };
}

const ALWAYS = Object.fromEntries(
  (["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const).map((day) => [day, ["00:00-24:00"]]),
);

/** Types of the rig's salon. */
export const TYPE = {
  single: 1,
  robin: 2,
  collective: 3,
  confirmed: 4,
  managed: 5,
  raw500: 6,
  titled: 7,
  lengths: 8,
} as const;

/** Emma (1, owner of team 50) and Finn (2), round the clock; Olga (3) belongs to nobody's team. */
export async function startSalon(options: SimulatorOptions = {}): Promise<Simulator> {
  const team = { teamId: 50, hosts: [1, 2] };
  return startSimulator({
    rateLimit: null,
    ...options,
    seed: {
      hosts: [
        { id: 1, name: "Emma", email: "emma@salon.test", workingHours: ALWAYS },
        { id: 2, name: "Finn", email: "finn@salon.test", workingHours: ALWAYS },
        { id: 3, name: "Olga", email: "olga@other.test", workingHours: ALWAYS },
      ],
      teams: [
        { id: 50, name: "Salon", slug: "salon", members: [{ userId: 1, role: "owner" }, { userId: 2 }] },
      ],
      keys: [
        { key: "cal_owner", userId: 1 },
        { key: "cal_member", userId: 2 },
        { key: "cal_stranger", userId: 3 },
        { key: "cal_expired", userId: 3, expired: true },
      ],
      eventTypes: [
        { id: TYPE.single, title: "Cut", slug: "cut", lengthInMinutes: 30, ownerId: 1 },
        {
          id: TYPE.robin,
          title: "Any cut",
          slug: "any-cut",
          lengthInMinutes: 30,
          schedulingType: "roundRobin",
          ...team,
        },
        { id: TYPE.collective, title: "Both", lengthInMinutes: 30, schedulingType: "collective", ...team },
        {
          id: TYPE.confirmed,
          title: "On request",
          lengthInMinutes: 30,
          ownerId: 1,
          requiresConfirmation: true,
        },
        { id: TYPE.managed, title: "Parent", lengthInMinutes: 30, schedulingType: "managed", teamId: 50 },
        {
          id: TYPE.raw500,
          title: "Raw",
          lengthInMinutes: 30,
          schedulingType: "roundRobin",
          teamTakenAnswer: "raw500",
          ...team,
        },
        {
          id: TYPE.titled,
          title: "Titled",
          lengthInMinutes: 30,
          ownerId: 1,
          bookingFields: [{ slug: "title", required: true }],
        },
        {
          id: TYPE.lengths,
          title: "Long or short",
          lengthInMinutes: 30,
          lengthInMinutesOptions: [30, 60],
          ownerId: 1,
        },
      ],
      ...options.seed,
    },
  });
}

/** A full hour, `hours` after tomorrow's midnight (UTC), so that it is never in the past. */
export function at(hours: number): string {
  return new Date((Math.floor(Date.now() / 86_400_000) + 2) * 86_400_000 + hours * 3_600_000).toISOString();
}

/** A valid body for POST /v2/bookings. */
export function bookingBody(
  eventTypeId: number,
  start: string,
  email = "guest@example.test",
  more: object = {},
) {
  return {
    start,
    eventTypeId,
    attendee: { name: "Jörg Gast", email, timeZone: "Europe/Berlin", language: "de" },
    metadata: { operationId: `op-${email}-${start}` },
    ...more,
  };
}

/** Polls until the condition holds. @throws Error after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 5 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
