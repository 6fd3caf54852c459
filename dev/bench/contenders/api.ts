import { startApi } from "../../../api/process.js";
import { parseEnvironment } from "../../../domain/config/environment.js";

// The production process, on the loopback address only.
const api = await startApi(parseEnvironment(process.env), { host: "127.0.0.1" });
process.stdout.write(`listening on port ${api.port}\n`);
process.once("SIGTERM", () => void api.close().finally(() => process.exit(0)));
