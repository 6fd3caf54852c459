import type { Answer } from "./answers.js";
import type { Bookings, Change } from "./bookings.js";
import type { ApiKey, Host } from "./model.js";
import type { Operation, Settings } from "./settings.js";
import type { Store } from "./store.js";
import type { Webhooks } from "./webhooks.js";

/** One request on its way through a route. */
export interface Call {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
  readonly version: string;
  readonly user: Host | undefined;
  readonly apiKey: ApiKey | undefined;
  readonly change: Change;
}

/** What the routes work on. */
export interface World {
  readonly store: Store;
  readonly bookings: Bookings;
  readonly webhooks: Webhooks;
  readonly settings: () => Settings;
}

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly pattern: string;
  readonly operation: Operation;
  /** Versions under which the route exists; undefined means all. 2026 ones are hosted only. */
  readonly versions?: readonly string[];
  readonly auth: "required" | "optional";
  readonly hostedOnly?: boolean;
  readonly handle: (call: Call, world: World) => Answer | Promise<Answer>;
}

/** A route parameter that the pattern guarantees. */
export function param(call: Call, name: string): string {
  return call.params[name] ?? "";
}
