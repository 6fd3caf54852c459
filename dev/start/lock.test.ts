import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commandLine, poll } from "../embedded/process.js";
import { lockData } from "./lock.js";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "askpro-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("refuses a second start while the first is running, and says which process that is.", async () => {
  const path = join(directory, "start.pid");
  const first = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "lock-holder"], {
    stdio: "ignore",
  });
  try {
    expect(await poll(() => commandLine(first.pid ?? 0)?.includes("lock-holder") ?? false, 5_000, 20)).toBe(
      true,
    );
    writeFileSync(path, String(first.pid));
    expect(() => lockData(path, "lock-holder")).toThrow(`process ${first.pid}`);
    expect(() => lockData(path, "another-program")).not.toThrow();
  } finally {
    first.kill("SIGKILL");
  }
});

it("takes over the lock of a process that is gone and removes it at the end.", () => {
  const path = join(directory, "start.pid");
  writeFileSync(path, "999999999");
  const release = lockData(path, "lock-holder");
  expect(existsSync(path)).toBe(true);
  release();
  expect(existsSync(path)).toBe(false);
});
