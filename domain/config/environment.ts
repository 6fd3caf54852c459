import { z } from "zod";

/** The environment does not say what it must. The message names every variable at fault, never its value. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  constructor(readonly problems: readonly string[]) {
    super(`The environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
  }
}

/** How a process of the gateway is set up. Durations are milliseconds, addresses are as given. */
export interface Config {
  readonly nodeEnv: "production" | "development" | "test";
  readonly port: number;
  /** Where callers reach us, without a trailing slash. */
  readonly publicUrl: string;
  readonly databaseUrl: string | null;
  readonly temporal: {
    /** `host:port`; the API key and TLS are read by `@temporalio/envconfig` itself. */
    readonly address: string | null;
    readonly namespace: string;
    /** A `temporal` binary for the embedded server; never used when an address is given. */
    readonly cliPath: string | null;
  };
  /** Root of Temporal's Web UI for links in alerts and the dashboard, without a trailing slash. */
  readonly temporalUiUrl: string | null;
  readonly calcom: {
    readonly baseUrl: string;
    readonly apiKey: string | null;
    /** More than one while a secret is being rotated. */
    readonly webhookSecrets: readonly string[];
    /** Requests a minute and API key, shared by all processes. */
    readonly requestsPerMinute: number;
  };
  readonly retell: { readonly apiKeys: readonly string[] };
  readonly adminToken: string | null;
  readonly alert: {
    readonly webhookUrl: string | null;
    /** Standard Webhooks secret, `whsec_…`. */
    readonly webhookSecret: string | null;
    readonly emails: readonly string[];
  };
  /** Encrypts the tenants' secrets at rest. */
  readonly secretsKey: string | null;
  readonly smtpUrl: string | null;
  readonly logLevel: LogLevel;
  /** `null`: no metrics are served. */
  readonly metricsPort: number | null;
  readonly limits: {
    /** Replaces both limits of the API (contract 1); `null` keeps them. */
    readonly apiPerMinute: number | null;
    readonly webhookPerMinute: number | null;
  };
  readonly durations: {
    /** Waits between the interactive attempts at a change in Cal.com. */
    readonly retryDelaysMs: readonly number[];
    readonly slowRetryMs: number;
    /** The slow retry doubles up to this. */
    readonly slowRetryMaxMs: number;
    /** Create and reschedule: longer than Cal.com itself takes, or a slow success would be repeated. */
    readonly calcomWriteTimeoutMs: number;
    readonly calcomReadTimeoutMs: number;
    readonly breakerOpenMs: number;
    readonly holdMs: number;
    readonly reconcileMs: number;
    /** From the appointment's end until its workflow closes. */
    readonly closeAfterMs: number;
  };
  /** Forces continue-as-new after so many events; `null` leaves it to the server's suggestion. */
  readonly maxHistoryEvents: number | null;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SLOW_RETRY_MAX_MS = 900_000;
const READ_TIMEOUT_MS = 10_000;
/** setTimeout and Temporal timers are both exact far beyond it; more than ten years is a slip of the unit. */
const LONGEST_SECONDS = 10 * 366 * 86_400;

const text = z.string();
const optionalText = text.optional();
const list = text
  .transform((value) => value.split(",").map((item) => item.trim()))
  .pipe(z.array(z.string().min(1, "has an empty item in its comma list")));

function url(protocols: readonly string[]) {
  return text.transform((value, context) => {
    const parsed = URL.canParse(value) ? new URL(value) : null;
    if (parsed !== null && protocols.includes(parsed.protocol)) return value.replace(/\/+$/, "");
    context.addIssue({ code: "custom", message: `must be a URL that starts with ${protocols.join(" or ")}` });
    return z.NEVER;
  });
}

function number(rule: z.ZodNumber) {
  return text
    .regex(/^\d+(\.\d+)?$/, "must be a number")
    .transform(Number)
    .pipe(rule);
}

const integer = (minimum: number, maximum: number) =>
  number(
    z
      .number()
      .int("must be a whole number")
      .min(minimum, `must be at least ${minimum}`)
      .max(maximum, `must be at most ${maximum}`),
  );
const port = integer(1, 65_535);
const count = integer(1, 1_000_000_000);

/** Seconds in the environment, fractions allowed (tests use them), milliseconds inside. */
const duration = (minimumMs: number) =>
  number(z.number().max(LONGEST_SECONDS, "is in seconds, and longer than ten years"))
    .transform((seconds) => Math.round(seconds * 1_000))
    .pipe(z.number().min(minimumMs, "must be longer than 0 seconds"));

const durations = list.pipe(z.array(duration(0)).min(1).max(20, "names more than 20 delays"));

const http = url(["http:", "https:"]);

const SCHEMA = z.object({
  NODE_ENV: z.enum(["production", "development", "test"]).default("development"),
  PORT: port.default(3_000),
  PUBLIC_URL: http.optional(),
  DATABASE_URL: url(["postgres:", "postgresql:"]).optional(),
  TEMPORAL_ADDRESS: text.regex(/^[^\s/]+:\d{1,5}$/, "must be host:port, without a scheme").optional(),
  TEMPORAL_NAMESPACE: text.default("default"),
  TEMPORAL_CLI_PATH: optionalText,
  TEMPORAL_UI_URL: http.optional(),
  CALCOM_BASE_URL: http.default("https://api.cal.com/v2"),
  CALCOM_API_KEY: optionalText,
  CALCOM_WEBHOOK_SECRET: list.optional(),
  CALCOM_REQUESTS_PER_MINUTE: count.default(100),
  RETELL_API_KEY: list.optional(),
  ADMIN_TOKEN: optionalText,
  ALERT_WEBHOOK_URL: http.optional(),
  ALERT_WEBHOOK_SECRET: text.regex(/^whsec_[A-Za-z0-9+/]+=*$/, "must be whsec_ and base64").optional(),
  ALERT_EMAIL: list.pipe(z.array(z.email("is not an e-mail address"))).optional(),
  SECRETS_KEY: optionalText,
  SMTP_URL: url(["smtp:", "smtps:"]).optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  METRICS_PORT: port.optional(),
  API_RATE_LIMIT: count.optional(),
  WEBHOOK_RATE_LIMIT: count.optional(),
  RETRY_DELAYS_SECONDS: durations.default([1_000, 5_000, 30_000]),
  SLOW_RETRY_SECONDS: duration(1).default(60_000),
  CALCOM_TIMEOUT_SECONDS: duration(1).default(25_000),
  BREAKER_OPEN_SECONDS: duration(1).default(60_000),
  HOLD_SECONDS: duration(1).default(300_000),
  RECONCILE_SECONDS: duration(1).default(300_000),
  CLOSE_AFTER_SECONDS: duration(0).default(259_200_000),
  MAX_HISTORY_EVENTS: count.optional(),
});

/** Read by `@temporalio/envconfig`, not by us: an API key and certificates never enter our configuration. */
const READ_BY_TEMPORAL = [
  "TEMPORAL_API_KEY",
  "TEMPORAL_TLS",
  "TEMPORAL_TLS_SERVER_NAME",
  "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
  "TEMPORAL_TLS_CLIENT_CERT_PATH",
  "TEMPORAL_TLS_CLIENT_KEY_PATH",
] as const;

/** Every variable that a process of the gateway reads. `.env.example` lists the same. */
export const ENVIRONMENT_NAMES: readonly string[] = [...Object.keys(SCHEMA.shape), ...READ_BY_TEMPORAL];

/** What production cannot do without, and the fewest characters that make a secret one. */
const NEEDED_IN_PRODUCTION = { DATABASE_URL: 1, TEMPORAL_ADDRESS: 1, SECRETS_KEY: 32, ADMIN_TOKEN: 16 };

/**
 * Reads the environment once, at the start of a process. A variable that is empty counts as not set.
 *
 * @throws ConfigurationError naming every variable that is wrong, or missing in production.
 */
export function parseEnvironment(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.keys(SCHEMA.shape).flatMap((name) => {
      const value = env[name]?.trim();
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
  const parsed = SCHEMA.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${describe(issue)}`);
  if (given.NODE_ENV === "production") {
    for (const [name, characters] of Object.entries(NEEDED_IN_PRODUCTION)) {
      const value = given[name];
      if (value === undefined) problems.push(`${name} is missing and has no default in production`);
      else if (value.length < characters)
        problems.push(`${name} must have at least ${characters} characters`);
    }
  }
  if (!parsed.success || problems.length > 0) throw new ConfigurationError([...new Set(problems)]);
  const value = parsed.data;
  return {
    nodeEnv: value.NODE_ENV,
    port: value.PORT,
    publicUrl: value.PUBLIC_URL ?? `http://localhost:${value.PORT}`,
    databaseUrl: value.DATABASE_URL ?? null,
    temporal: {
      address: value.TEMPORAL_ADDRESS ?? null,
      namespace: value.TEMPORAL_NAMESPACE,
      cliPath: value.TEMPORAL_CLI_PATH ?? null,
    },
    temporalUiUrl: value.TEMPORAL_UI_URL ?? null,
    calcom: {
      baseUrl: value.CALCOM_BASE_URL,
      apiKey: value.CALCOM_API_KEY ?? null,
      webhookSecrets: value.CALCOM_WEBHOOK_SECRET ?? [],
      requestsPerMinute: value.CALCOM_REQUESTS_PER_MINUTE,
    },
    retell: { apiKeys: value.RETELL_API_KEY ?? [] },
    adminToken: value.ADMIN_TOKEN ?? null,
    alert: {
      webhookUrl: value.ALERT_WEBHOOK_URL ?? null,
      webhookSecret: value.ALERT_WEBHOOK_SECRET ?? null,
      emails: value.ALERT_EMAIL ?? [],
    },
    secretsKey: value.SECRETS_KEY ?? null,
    smtpUrl: value.SMTP_URL ?? null,
    logLevel: value.LOG_LEVEL,
    metricsPort: value.METRICS_PORT ?? null,
    limits: {
      apiPerMinute: value.API_RATE_LIMIT ?? null,
      webhookPerMinute: value.WEBHOOK_RATE_LIMIT ?? null,
    },
    durations: {
      retryDelaysMs: value.RETRY_DELAYS_SECONDS,
      slowRetryMs: value.SLOW_RETRY_SECONDS,
      slowRetryMaxMs: SLOW_RETRY_MAX_MS,
      calcomWriteTimeoutMs: value.CALCOM_TIMEOUT_SECONDS,
      calcomReadTimeoutMs: Math.min(READ_TIMEOUT_MS, value.CALCOM_TIMEOUT_SECONDS),
      breakerOpenMs: value.BREAKER_OPEN_SECONDS,
      holdMs: value.HOLD_SECONDS,
      reconcileMs: value.RECONCILE_SECONDS,
      closeAfterMs: value.CLOSE_AFTER_SECONDS,
    },
    maxHistoryEvents: value.MAX_HISTORY_EVENTS ?? null,
  };
}

/**
 * The value of a variable that this process cannot do without (in production `parseEnvironment` has already said so).
 *
 * @throws ConfigurationError naming the variable.
 */
export function needed<T>(value: T | null, name: (typeof ENVIRONMENT_NAMES)[number]): T {
  if (value === null) throw new ConfigurationError([`${name} is missing`]);
  return value;
}

/** zod quotes enum options but never the value: a secret that is malformed must not reach a log. */
function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  return issue.message;
}
