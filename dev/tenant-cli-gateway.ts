import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { API_PORT, keptPorts, SIMULATOR_PORT } from "./start/ports.js";
import { Failure } from "./tenant-cli-failure.js";

const SECRETS = new URL("../.data/secrets.json", import.meta.url);
const savedSchema = z.object({
  adminToken: z.string().optional(),
  calcomApiKey: z.string().optional(),
  calcomWebhookSecret: z.string().optional(),
});
const PORTS = fileURLToPath(new URL("../.data/ports.json", import.meta.url));
const USUAL_PORT = 3000;
const USUAL_SIMULATOR_PORT = 4100;
const REQUESTS_PER_MINUTE = 100;
const CALCOM = "https://api.cal.com/v2";

/** What the environment, else the installation of `npm start` in this checkout, says. */
export interface Settings {
  /** Origin of the gateway. */
  url: string;
  adminToken: string | null;
  /** Of the installation's Cal.com. */
  calcom: {
    baseUrl: string;
    apiKey: string | null;
    webhookSecret: string | null;
    /** Until Cal.com announces its own limit. */
    requestsPerMinute: number;
  };
  /** Origin of the simulator; `null` where the environment names a Cal.com. */
  simulator: string | null;
}

/** Reads `.env` and `.data/secrets.json` as `npm start` does. */
export function settings(): Settings {
  const envFile = fileURLToPath(new URL("../.env", import.meta.url));
  if (existsSync(envFile)) process.loadEnvFile(envFile);
  const { PUBLIC_URL, PORT, ADMIN_TOKEN, CALCOM_BASE_URL, CALCOM_API_KEY } = process.env;
  const { CALCOM_WEBHOOK_SECRET, CALCOM_REQUESTS_PER_MINUTE, SIMULATOR_URL } = process.env;
  const saved = existsSync(SECRETS) ? savedSchema.parse(JSON.parse(readFileSync(SECRETS, "utf8"))) : null;
  const simulated = !CALCOM_BASE_URL && (saved !== null || Boolean(SIMULATOR_URL));
  const ports = keptPorts(PORTS);
  const simulatorPort = ports[SIMULATOR_PORT] ?? USUAL_SIMULATOR_PORT;
  const simulator = simulated ? origin(SIMULATOR_URL || `http://127.0.0.1:${simulatorPort}`) : null;
  return {
    url: origin(PUBLIC_URL || `http://127.0.0.1:${PORT || (ports[API_PORT] ?? USUAL_PORT)}`),
    adminToken: ADMIN_TOKEN || (saved?.adminToken ?? null),
    calcom: {
      baseUrl: simulator === null ? CALCOM_BASE_URL || CALCOM : `${simulator}/v2`,
      apiKey: CALCOM_API_KEY || (simulated ? (saved?.calcomApiKey ?? null) : null),
      webhookSecret:
        CALCOM_WEBHOOK_SECRET?.split(",")[0]?.trim() ||
        (simulated ? (saved?.calcomWebhookSecret ?? null) : null),
      requestsPerMinute: Number(CALCOM_REQUESTS_PER_MINUTE) || REQUESTS_PER_MINUTE,
    },
    simulator,
  };
}

function origin(url: string): string {
  return url.replace(/\/+$/, "");
}

/** The gateway has answered, and not with what was wanted. */
class Refusal extends Failure {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** No gateway can be asked. */
export class Unreachable extends Failure {}

/** Whether the gateway has this company; a gateway that cannot be asked has none. */
export async function hasCompany(slug: string): Promise<boolean> {
  try {
    await ask("GET", encodeURIComponent(slug), z.unknown());
    return true;
  } catch (error) {
    if (error instanceof Unreachable || (error instanceof Refusal && error.status === 404)) return false;
    throw error;
  }
}

const problemSchema = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

/**
 * Asks the gateway about companies, as its administrator.
 *
 * @throws Failure when it cannot be reached or refuses, with every error of the document
 */
export async function ask<T extends z.ZodType>(
  method: string,
  path: string,
  answer: T,
  body?: unknown,
): Promise<z.output<T>> {
  const { url, adminToken } = settings();
  if (!adminToken)
    throw new Unreachable("ADMIN_TOKEN is not set, and there is no installation of npm start here");
  let response: Response;
  try {
    response = await fetch(`${url}/api/admin/companies/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Unreachable(`the gateway at ${url} cannot be reached: ${cause}`);
  }
  const text = await response.text();
  if (!response.ok) throw new Refusal(response.status, describe(response.status, text));
  return answer.parse(JSON.parse(text));
}

function describe(status: number, text: string): string {
  let parsed: z.infer<typeof problemSchema> = {};
  try {
    parsed = problemSchema.parse(JSON.parse(text));
  } catch {
    // Something between us and the gateway answered, a proxy for instance.
  }
  const errors = (parsed.errors ?? []).map(
    ({ field, message }) => `\n  ${field || "(document)"}: ${message}`,
  );
  return `${status} ${parsed.detail ?? parsed.title ?? ""}${errors.join("")}`.trim();
}
