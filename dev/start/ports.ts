import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { isFree } from "../embedded/port.js";
import { report } from "./report.js";

/** What ports are for, as the operator reads it and as the file of ports keeps it. */
export const API_PORT = "the API";
export const SIMULATOR_PORT = "the Cal.com simulator";

const keptSchema = z.record(z.string(), z.int().min(1).max(65_535)).catch({});

/** The ports of the last start by what they are for; none where the file is missing or not readable. */
export function keptPorts(file: string | URL): Readonly<Record<string, number>> {
  if (!existsSync(file)) return {};
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}

/** How far from the wanted port another is looked for. */
const TRIES = 200;

/** Gives out ports, each one once, and keeps which. */
export class Ports {
  readonly #given = new Set<number>();
  readonly #kept: Record<string, number>;

  constructor(private readonly file: string) {
    this.#kept = { ...keptPorts(file) };
  }

  /**
   * @param what is what the port is for, as the operator knows it.
   * @param named is the port that the environment names, with its variable: then it is that one or an error.
   * @throws Error when the port named is taken.
   */
  async take(what: string, wanted: number, named: string | null): Promise<number> {
    if (await this.#available(wanted)) return this.#give(what, wanted);
    if (named !== null) {
      throw new Error(
        `port ${wanted} (${named}) for ${what} is taken: stop what uses it, or set ${named} to another`,
      );
    }
    for (let port = wanted + 1; port <= wanted + TRIES; port++) {
      if (await this.#available(port)) {
        report(`  port ${wanted} for ${what} is taken: using ${port}`);
        return this.#give(what, port);
      }
    }
    throw new Error(`ports ${wanted} to ${wanted + TRIES} for ${what} are all taken`);
  }

  /** The port of the last start where it is free: for what is named by its address and has to be found there again. */
  async takeAgain(what: string, usual: number): Promise<number> {
    const last = this.#kept[what];
    if (last !== undefined && (await this.#available(last))) return this.#give(what, last);
    return await this.take(what, usual, null);
  }

  #give(what: string, port: number): number {
    this.#given.add(port);
    this.#kept[what] = port;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, `${JSON.stringify(this.#kept, null, 2)}\n`);
    return port;
  }

  /** On every address: the API listens on all, and a server on the wildcard does not keep us off the loopback. */
  async #available(port: number): Promise<boolean> {
    return !this.#given.has(port) && (await isFree(port, "127.0.0.1")) && (await isFree(port, "0.0.0.0"));
  }
}
