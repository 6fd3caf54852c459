import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it } from "vitest";
import { freePort } from "../embedded/port.js";
import { keptPorts, Ports } from "./ports.js";

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server = null;
});

const folder = mkdtempSync(join(tmpdir(), "askpro-ports-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const file = () => join(folder, `${files++}.json`);

async function occupy(): Promise<number> {
  const port = await freePort();
  const listening = createServer();
  server = listening;
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
  return port;
}

it("gives the next free port when the usual one is taken and nobody asked for it.", async () => {
  const taken = await occupy();
  expect(await new Ports(file()).take("the API", taken, null)).toBeGreaterThan(taken);
});

it("refuses a port that the environment names and that is taken, naming the variable.", async () => {
  const taken = await occupy();
  await expect(new Ports(file()).take("the API", taken, "PORT")).rejects.toThrow(
    `port ${taken} (PORT) for the API is taken`,
  );
});

it("gives no port twice.", async () => {
  const ports = new Ports(file());
  const wanted = await freePort();
  expect(await ports.take("the API", wanted, null)).toBe(wanted);
  expect(await ports.take("metrics", wanted, null)).toBeGreaterThan(wanted);
});

it("keeps what it gave, and gives the same again when the usual port is free once more.", async () => {
  const kept = file();
  const taken = await occupy();
  const given = await new Ports(kept).takeAgain("the simulator", taken);
  expect(keptPorts(kept)).toEqual({ "the simulator": given });
  await new Promise((resolve) => server?.close(resolve));
  expect(await new Ports(kept).takeAgain("the simulator", taken)).toBe(given);
  expect(await new Ports(kept).take("the simulator", taken, null)).toBe(taken);
});

it("begins with the usual ports when the file is not readable.", async () => {
  const broken = file();
  writeFileSync(broken, "{");
  expect(keptPorts(broken)).toEqual({});
  writeFileSync(broken, '{"the API": "3000"}');
  expect(keptPorts(broken)).toEqual({});
});
