import { parseEnvironment } from "../domain/config/environment.js";
import { startApi } from "./process.js";

const config = parseEnvironment(process.env);
const api = await startApi(config);
process.stdout.write(`listening on port ${api.port}\n`);

let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // A second signal (to the process and to its group) changes nothing: draining goes on.
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    api.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`stopping failed: ${error instanceof Error ? error.message : "unknown"}\n`);
        process.exit(1);
      },
    );
  });
}
