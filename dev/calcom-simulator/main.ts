import { readFileSync } from "node:fs";
import { z } from "zod";
import { seedSchema } from "./model.js";
import { startSimulator } from "./simulator.js";

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3999),
  SIM_HOST: z.string().default("127.0.0.1"),
  SIM_STATE_FILE: z.string().optional(),
  SIM_SEED_FILE: z.string().optional(),
  SIM_RATE_LIMIT: z.enum(["on", "off"]).default("on"),
});

const env = environment.parse(process.env);
const seed =
  env.SIM_SEED_FILE === undefined
    ? undefined
    : seedSchema.parse(JSON.parse(readFileSync(env.SIM_SEED_FILE, "utf8")));
const simulator = await startSimulator({
  port: env.PORT,
  host: env.SIM_HOST,
  ...(env.SIM_STATE_FILE === undefined ? {} : { stateFile: env.SIM_STATE_FILE }),
  ...(seed === undefined ? {} : { seed }),
  ...(env.SIM_RATE_LIMIT === "off" ? { rateLimit: null } : {}),
});
console.log(`Cal.com simulator: ${simulator.url} (API ${simulator.url}/v2, control ${simulator.url}/_sim)`);

let closing = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (closing) return;
    closing = true;
    void simulator.close().then(() => process.exit(0));
  });
}
