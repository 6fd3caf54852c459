import type { Client } from "@temporalio/client";
import type { CalcomClient } from "../../calcom/client.js";
import type { Database } from "../../db/client.js";
import type { Directory, Installation } from "../../db/tenant/directory.js";

/** What the operators' routes work with. */
export interface OperationsDeps {
  db: Database;
  directory: Pick<Directory, "calcomAccount">;
  calcom: Pick<CalcomClient, "me" | "state">;
  temporal: {
    client: Client;
    /** Where bookings are worked on: its poller is what `ready` looks for. */
    taskQueue: string;
    backgroundTaskQueue: string;
    namespace: string;
  };
  /** The account that companies without one of their own use. */
  installation: Installation;
}
