import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigurationError, ENVIRONMENT_NAMES, needed, parseEnvironment } from "./environment.js";

const PRODUCTION = {
  NODE_ENV: "production",
  DATABASE_URL: "postgres://askpro:pw@db:5432/askpro",
  TEMPORAL_ADDRESS: "temporal:7233",
  SECRETS_KEY: "0123456789abcdef0123456789abcdef",
  ADMIN_TOKEN: "0123456789abcdef",
};

function problems(env: Record<string, string | undefined>): readonly string[] {
  try {
    parseEnvironment(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe("parseEnvironment", () => {
  it("gives every default of an empty environment.", () => {
    expect(parseEnvironment({})).toMatchObject({
      nodeEnv: "development",
      port: 3000,
      publicUrl: "http://localhost:3000",
      databaseUrl: null,
      temporal: { address: null, namespace: "default" },
      calcom: { baseUrl: "https://api.cal.com/v2", apiKey: null, webhookSecrets: [], requestsPerMinute: 100 },
      retell: { apiKeys: [] },
      logLevel: "info",
      metricsPort: null,
      limits: { apiPerMinute: null, webhookPerMinute: null },
      durations: {
        retryDelaysMs: [1_000, 5_000, 30_000],
        slowRetryMs: 60_000,
        slowRetryMaxMs: 900_000,
        calcomWriteTimeoutMs: 25_000,
        calcomReadTimeoutMs: 10_000,
        breakerOpenMs: 60_000,
        holdMs: 300_000,
        reconcileMs: 300_000,
        closeAfterMs: 259_200_000,
      },
      maxHistoryEvents: null,
    });
  });

  it("reads fractions of seconds as milliseconds and trims comma lists.", () => {
    const config = parseEnvironment({
      RETRY_DELAYS_SECONDS: "0.05, 0.1,1",
      CALCOM_TIMEOUT_SECONDS: "1.5",
      CALCOM_WEBHOOK_SECRET: "old, new",
      RETELL_API_KEY: "key_a,key_b",
    });
    expect(config.durations.retryDelaysMs).toEqual([50, 100, 1_000]);
    expect(config.durations.calcomWriteTimeoutMs).toBe(1_500);
    expect(config.durations.calcomReadTimeoutMs).toBe(1_500);
    expect(config.calcom.webhookSecrets).toEqual(["old", "new"]);
    expect(config.retell.apiKeys).toEqual(["key_a", "key_b"]);
  });

  it("treats an empty variable as one that is not set.", () => {
    expect(parseEnvironment({ PORT: "", DATABASE_URL: " ", METRICS_PORT: "" })).toEqual(parseEnvironment({}));
  });

  it("takes a trailing slash off the URLs, so that paths can be put behind them.", () => {
    const config = parseEnvironment({
      PUBLIC_URL: "https://gateway.example.org/",
      CALCOM_BASE_URL: "http://127.0.0.1:4000/v2/",
    });
    expect(config.publicUrl).toBe("https://gateway.example.org");
    expect(config.calcom.baseUrl).toBe("http://127.0.0.1:4000/v2");
  });

  it.each([
    ["PORT", "http"],
    ["PORT", "70000"],
    ["PORT", "1.5"],
    ["PUBLIC_URL", "gateway.example.org"],
    ["DATABASE_URL", "mysql://host/db"],
    ["TEMPORAL_ADDRESS", "http://temporal:7233"],
    ["CALCOM_BASE_URL", "ftp://cal"],
    ["CALCOM_WEBHOOK_SECRET", "a,,b"],
    ["RETRY_DELAYS_SECONDS", "1,fast"],
    ["HOLD_SECONDS", "0"],
    ["HOLD_SECONDS", "-1"],
    ["CLOSE_AFTER_SECONDS", "259200000000"],
    ["API_RATE_LIMIT", "0"],
    ["LOG_LEVEL", "loud"],
    ["ALERT_WEBHOOK_SECRET", "plain"],
    ["ALERT_EMAIL", "nobody"],
    ["NODE_ENV", "prod"],
  ])("names %s when it is %s.", (name, value) => {
    const found = problems({ [name]: value });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${name} `));
  });

  it("names everything that is wrong at once and never repeats a secret.", () => {
    const found = problems({ PORT: "x", ALERT_WEBHOOK_SECRET: "hunter2", DATABASE_URL: "hunter2" });
    expect(found.map((problem) => problem.split(" ")[0]).sort()).toEqual([
      "ALERT_WEBHOOK_SECRET",
      "DATABASE_URL",
      "PORT",
    ]);
    expect(found.join()).not.toContain("hunter2");
  });

  it.each(["DATABASE_URL", "TEMPORAL_ADDRESS", "SECRETS_KEY", "ADMIN_TOKEN"])(
    "refuses production without %s.",
    (name) => {
      expect(problems(PRODUCTION)).toEqual([]);
      expect(problems({ ...PRODUCTION, [name]: undefined })).toEqual([
        `${name} is missing and has no default in production`,
      ]);
    },
  );

  it.each(["SECRETS_KEY", "ADMIN_TOKEN"])("refuses a %s in production that can be guessed.", (name) => {
    expect(problems({ ...PRODUCTION, [name]: "hunter2" })).toEqual([
      expect.stringMatching(new RegExp(`^${name} must have at least \\d+ characters$`)),
    ]);
    expect(problems({ [name]: "hunter2" })).toEqual([]);
  });

  it("agrees with .env.example name by name and default by default.", () => {
    const lines = readFileSync(new URL("../../.env.example", import.meta.url), "utf8").split("\n");
    const entries = lines.flatMap((line, index) => {
      const match = /^([A-Z_]+)=(.*)$/.exec(line);
      return match === null
        ? []
        : [{ name: String(match[1]), value: String(match[2]), above: lines[index - 1] ?? "" }];
    });
    expect(entries.map((entry) => entry.name).sort()).toEqual([...ENVIRONMENT_NAMES].sort());
    expect(entries.filter((entry) => !/^# \S/.test(entry.above)).map((entry) => entry.name)).toEqual([]);
    const written = Object.fromEntries(entries.map((entry) => [entry.name, entry.value]));
    expect(parseEnvironment(written)).toEqual(parseEnvironment({}));
  });
});

describe("needed", () => {
  it("gives a value that is there and names the variable of one that is not.", () => {
    expect(needed("postgres://db", "DATABASE_URL")).toBe("postgres://db");
    expect(() => needed(null, "DATABASE_URL")).toThrow("DATABASE_URL is missing");
  });
});
