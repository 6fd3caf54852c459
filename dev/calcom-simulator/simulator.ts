import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { type Env, registerApi } from "./api.js";
import { Bookings } from "./bookings.js";
import { Control } from "./control.js";
import { registerControl } from "./control-routes.js";
import { Faults } from "./faults.js";
import type { SimulatorSeed } from "./model.js";
import { registerPage } from "./page.js";
import { SeededRandom } from "./random.js";
import { DEFAULT_RATE_LIMIT, type RateLimit, RateLimiter } from "./rate-limit.js";
import { RequestLog } from "./request-log.js";
import { type SettingsEdit, settingsSchema } from "./settings.js";
import { StateFile } from "./state-file.js";
import { Store } from "./store.js";
import { Webhooks } from "./webhooks.js";

export interface SimulatorOptions {
  /** 0 (the default) takes any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** JSON file in which everything is kept across restarts. */
  readonly stateFile?: string;
  /** Default 120 requests a minute and a block of a minute; null switches it off. */
  readonly rateLimit?: RateLimit | null;
  /** Upserted at start, also over a restored state. */
  readonly seed?: SimulatorSeed;
  /** Answer time per operation in milliseconds. */
  readonly latency?: SettingsEdit["latency"];
  readonly settings?: SettingsEdit;
  /** Seed of the generator behind probabilities and latency ranges. */
  readonly randomSeed?: number;
}

export interface Simulator {
  /** Origin; the base URL of the API is `${url}/v2`. */
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  /** Cuts open connections, flushes the state. */
  close(): Promise<void>;
}

/**
 * Starts a stateful Cal.com API v2 with webhooks, a control API under `/_sim` and a page at `/`.
 * @throws Error EADDRINUSE when the port is taken; ZodError for a wrong seed, setting or state file.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const store = new Store();
  const stateFile =
    options.stateFile === undefined ? undefined : StateFile.open(options.stateFile, store).file;
  const state = {
    settings: settingsSchema.parse({
      ...options.settings,
      ...(options.latency === undefined ? {} : { latency: options.latency }),
    }),
    random: new SeededRandom(options.randomSeed ?? 1),
    epoch: 0,
  };
  const settings = () => state.settings;
  const random = () => state.random;
  const webhooks = new Webhooks(store, settings, random);
  const bookings = new Bookings(store, webhooks, settings);
  const faults = new Faults(random);
  const limiter = new RateLimiter(options.rateLimit === undefined ? DEFAULT_RATE_LIMIT : options.rateLimit);
  const requests = new RequestLog();
  const control = new Control({ store, bookings, webhooks, faults, limiter, requests, state });
  if (options.seed !== undefined) control.seed(options.seed);

  const app = new Hono<Env>();
  registerApi(app, {
    store,
    bookings,
    webhooks,
    settings,
    limiter,
    faults,
    requests,
    random,
    epoch: () => state.epoch,
  });
  registerControl(app, control);
  registerPage(app, control, store);

  const server = createServer(getRequestListener(app.fetch));
  server.keepAliveTimeout = 65_000;
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    control,
    async close() {
      await webhooks.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      stateFile?.flush();
    },
  };
}
