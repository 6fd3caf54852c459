import { createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { freePort } from "../embedded/port.js";
import { Ports } from "./ports.js";

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server = null;
});

async function occupy(): Promise<number> {
  const port = await freePort();
  const listening = createServer();
  server = listening;
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
  return port;
}

it("gives the next free port when the usual one is taken and nobody asked for it.", async () => {
  const taken = await occupy();
  expect(await new Ports().take("the API", taken, null)).toBeGreaterThan(taken);
});

it("refuses a port that the environment names and that is taken, naming the variable.", async () => {
  const taken = await occupy();
  await expect(new Ports().take("the API", taken, "PORT")).rejects.toThrow(
    `port ${taken} (PORT) for the API is taken`,
  );
});

it("gives no port twice.", async () => {
  const ports = new Ports();
  const wanted = await freePort();
  expect(await ports.take("the API", wanted, null)).toBe(wanted);
  expect(await ports.take("metrics", wanted, null)).toBeGreaterThan(wanted);
});
