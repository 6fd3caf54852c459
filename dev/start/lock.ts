import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { commandLine } from "../embedded/process.js";

/**
 * Lets one start at a time use the data: a second would take the first one's database for a leftover and end it.
 *
 * @param marker stands in the command line of every process that may hold the lock.
 * @returns gives the lock back.
 * @throws Error naming the process that holds it.
 */
export function lockData(path: string, marker: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) {
    const holder = Number.parseInt(readFileSync(path, "utf8"), 10);
    // After a crash the id is left behind, and may have gone to any other process since.
    if (Number.isInteger(holder) && holder !== process.pid && commandLine(holder)?.includes(marker)) {
      throw new Error(`it is already running here (process ${holder}): stop that one first`);
    }
  }
  writeFileSync(path, String(process.pid));
  return () => rmSync(path, { force: true });
}
