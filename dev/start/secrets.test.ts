import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSecrets } from "./secrets.js";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "askpro-secrets-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("makes the secrets once, readable by their owner only, and gives the same after a restart.", () => {
  const path = join(directory, ".data", "secrets.json");
  const first = loadSecrets(path);
  expect(loadSecrets(path)).toEqual(first);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new Set(Object.values(first)).size).toBe(Object.values(first).length);
});

it("keeps what a file of an older version has and adds what it lacks.", () => {
  const path = join(directory, "secrets.json");
  writeFileSync(path, JSON.stringify({ adminToken: "kept" }));
  const secrets = loadSecrets(path);
  expect(secrets.adminToken).toBe("kept");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(secrets);
});

it("names the file when it is damaged, instead of replacing secrets that data was encrypted with.", () => {
  const path = join(directory, "secrets.json");
  writeFileSync(path, '{"adminToken":');
  expect(() => loadSecrets(path)).toThrow(path);
  expect(readFileSync(path, "utf8")).toBe('{"adminToken":');
});
