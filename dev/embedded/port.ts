import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the range that Linux and macOS give to outgoing connections: nothing takes it between look and use. */
const LOWEST = 15_000;
const HIGHEST = 30_000;

/** Whether a server could listen on the port now, on the address given. */
export async function isFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port of the loopback address that nobody uses. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`);
}
