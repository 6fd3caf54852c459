import type { CalcomClient } from "../../calcom/client.js";
import type { Database } from "../../db/client.js";
import type { Directory } from "../../db/tenant/directory.js";

/** What the activities of a booking work with. */
export interface BookingDependencies {
  db: Database;
  calcom: CalcomClient;
  directory: Directory;
  log: Log;
}

/** Fields never hold names, phones, e-mails or uids. */
export interface Log {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
